// Up to 8 stages, 17 microbatches and 4 chunks: nobody waits forever, every
// stage does every task once; 1f1b holds as many microbatches as there are
// stages ahead, zero-bubble as many as there are stages; the idle time is
// (p - 1) / m of the work, divided by the chunks, or by 3 for zero-bubble.

// RUN: dpc-opt %s -test-pipeline-schedule="schedule=gpipe sweep" -o /dev/null | FileCheck %s
// RUN: dpc-opt %s -test-pipeline-schedule="schedule=1f1b sweep" -o /dev/null | FileCheck %s
// RUN: dpc-opt %s -test-pipeline-schedule="schedule=interleaved sweep" -o /dev/null | FileCheck %s --check-prefix=CHUNKS
// RUN: dpc-opt %s -test-pipeline-schedule="schedule=zero-bubble sweep" -o /dev/null | FileCheck %s
// CHECK: 136 shapes are right
// CHUNKS: 544 shapes are right

module {}
