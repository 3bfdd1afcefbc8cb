// The published schedules, as their papers draw them.

// RUN: dpc-opt %s -test-pipeline-schedule="schedule=gpipe stages=3 microbatches=4" -o /dev/null | FileCheck %s --check-prefix=GPIPE --match-full-lines --strict-whitespace
//      GPIPE:F0  F1  F2  F3  .   .   .   .   .   .   B0  B0  B1  B1  B2  B2  B3  B3
// GPIPE-NEXT:.   F0  F1  F2  F3  .   .   .   B0  B0  B1  B1  B2  B2  B3  B3
// GPIPE-NEXT:.   .   F0  F1  F2  F3  B0  B0  B1  B1  B2  B2  B3  B3
// GPIPE-NEXT:bubble 0.500000

// RUN: dpc-opt %s -test-pipeline-schedule="schedule=1f1b stages=3 microbatches=4" -o /dev/null | FileCheck %s --check-prefix=ONE --match-full-lines --strict-whitespace
//      ONE:F0  F1  F2  .   .   .   .   B0  B0  F3  B1  B1  .   B2  B2  .   B3  B3
// ONE-NEXT:.   F0  F1  .   .   B0  B0  F2  B1  B1  F3  B2  B2  .   B3  B3
// ONE-NEXT:.   .   F0  B0  B0  F1  B1  B1  F2  B2  B2  F3  B3  B3
// ONE-NEXT:bubble 0.500000

// Half as long pieces: half the gaps.
// RUN: dpc-opt %s -test-pipeline-schedule="schedule=interleaved stages=2 chunks=2 microbatches=4" -o /dev/null | FileCheck %s --check-prefix=CHUNKS --match-full-lines --strict-whitespace
//      CHUNKS:F0  F1  F0' F1' F2  .   B0' B0' F3  B1' B1' F2' B0  B0  F3' B1  B1  .   B2' B2' .   B3' B3' B2  B2  B3  B3
// CHUNKS-NEXT:.   F0  F1  F0' B0' B0' F1' B1' B1' F2  B0  B0  F3  B1  B1  F2' B2' B2' F3' B3' B3' B2  B2  B3  B3
// CHUNKS-NEXT:bubble 0.125000

// RUN: dpc-opt %s -test-pipeline-schedule="schedule=zero-bubble stages=3 microbatches=4" -o /dev/null | FileCheck %s --check-prefix=ZB --match-full-lines --strict-whitespace
//      ZB:F0  F1  F2  .   .   B0  W0  F3  B1  W1  B2  W2  B3  W3
// ZB-NEXT:.   F0  F1  .   B0  F2  B1  W0  F3  B2  W1  B3  W2  W3
// ZB-NEXT:.   .   F0  B0  F1  B1  F2  B2  W0  F3  B3  W1  W2  W3
// ZB-NEXT:bubble 0.166667

module {}
