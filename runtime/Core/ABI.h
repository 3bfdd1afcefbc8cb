//===- ABI.h - Between the generated code and the runtime -------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The C interface between the object that `dpc compile` generates and the
// runtime that is linked with it.
//
// The object defines:
//   dpc_program_json[], dpc_program_json_size   what `dpc plan --json` prints
//       (see dialects/Support/PlanSchema.h)
//   dpc_model_template[], dpc_model_template_size   the ONNX file with its
//       trained weights cut out (see Data/ModelTemplate.h)
//   dpc_cpu[], dpc_cpu_size   the processor for which the code is made and its
//       features, by LLVM's names, with spaces between
//   dpc_parameters_hash
//   one function per entry of "programs", with the signature DpcStepFn, named
//       by its "symbol"; reached through dpc_step_functions[], in the order of
//       "programs".
//
// All memory of a rank is one arena, `memory_bytes` long and 64-byte aligned.
// Offsets in the JSON are bytes from its start.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_ABI_H
#define DPC_RUNTIME_CORE_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// One rank's runtime state; opaque to generated code.
typedef struct DpcContext DpcContext;

/// Element types, as the generated code passes them. i1 is stored as one byte.
enum DpcType {
  DPC_F32 = 0,
  DPC_F64 = 1,
  DPC_I32 = 2,
  DPC_I64 = 3,
  DPC_I8 = 4,
  DPC_U8 = 5,
  DPC_I1 = 6,
  DPC_BF16 = 7,
  DPC_F16 = 8,
  DPC_I16 = 9,
  DPC_U16 = 10,
  DPC_U32 = 11,
  DPC_U64 = 12
};

enum DpcReduction { DPC_SUM = 0, DPC_MAX = 1, DPC_MIN = 2 };

typedef void (*DpcStepFn)(DpcContext *ctx, char *arena);

// Defined by the generated object.
extern const char dpc_program_json[];
extern const uint64_t dpc_program_json_size;
/// Of the safetensors file that was written with the program (Core/Hash.h), 0
/// if none was.
extern const uint64_t dpc_parameters_hash;
extern const char dpc_cpu[];
extern const uint64_t dpc_cpu_size;
extern const char dpc_model_template[];
extern const uint64_t dpc_model_template_size;
extern const DpcStepFn dpc_step_functions[];

// Called by the generated object. `instr` is the instruction's index in its
// program's "instructions". `group` is an index into "groups" (the mesh axes
// that the communicator spans).

/// Around every instruction: trace, watchdog identity, progress of started
/// collectives.
void dpc_begin(DpcContext *ctx, int32_t instr);
void dpc_end(DpcContext *ctx, int32_t instr);

/// In front of each iteration of a loop, and with 0 behind the last one.
void dpc_iteration(DpcContext *ctx, int64_t iteration);

// Library calls: dpc_FORM of a form (dialects/Plan/PlanForms.td) takes the
// addresses of the operands, of the results and of the workspace, which is null
// if the target reserves none, and then the form's numbers.

/// C[b,m,n] = A[b] * B[b], row-major and dense; A is m*k (k*m when transA), B
/// is k*n (n*k when transB). `type` is a floating-point DpcType; of one other
/// than f32, `workspace` has room for blocks in f32 (WideProduct.h).
void dpc_matmul(DpcContext *ctx, int32_t instr, const void *a, const void *b,
                void *c, void *workspace, int32_t type, int64_t batch,
                int64_t m, int64_t n, int64_t k, int32_t transA,
                int32_t transB);

/// Ends the run unless every one of `count` integers is in [lower, upper) or is
/// `except`. `start`, null for 0, is the first one's linear index in the global
/// tensor.
void dpc_check_range(DpcContext *ctx, int32_t instr, const void *data,
                     int64_t count, int32_t type, int64_t lower, int64_t upper,
                     int64_t except, const int64_t *start);

/// Starts a collective on `count` elements; `collective` is its number in the
/// program's "collectives", its identity on all ranks. The buffers belong to
/// the collective until dpc_wait(collective) returns; `send` may be read.
/// all_reduce: in place. reduce: in place, defined only on the group's root
/// (coordinate 0). all_gather: `recv` holds the group's ranks' `count` elements
/// one after the other. reduce_scatter: `send` holds `count` elements, one part
/// per rank of the group, and `recv` gets this rank's part, reduced.
/// all_to_all: `send` holds `count` elements, one part per rank of the group;
/// `recv` gets this rank's part of each rank, in their order.
void dpc_all_reduce_start(DpcContext *ctx, int32_t collective, void *buffer,
                          int64_t count, int32_t type, int32_t reduction,
                          int32_t group);
void dpc_reduce_start(DpcContext *ctx, int32_t collective, void *buffer,
                      int64_t count, int32_t type, int32_t reduction,
                      int32_t group);
void dpc_all_gather_start(DpcContext *ctx, int32_t collective, const void *send,
                          void *recv, int64_t count, int32_t type,
                          int32_t group);
void dpc_reduce_scatter_start(DpcContext *ctx, int32_t collective,
                              const void *send, void *recv, int64_t count,
                              int32_t type, int32_t reduction, int32_t group);
void dpc_all_to_all_start(DpcContext *ctx, int32_t collective, const void *send,
                          void *recv, int64_t count, int32_t type,
                          int32_t group);
/// `recv` gets `count` elements, all that the rank sends which the plan names
/// as this one's source ("sources" of the collective).
void dpc_permute_start(DpcContext *ctx, int32_t collective, const void *send,
                       void *recv, int64_t count, int32_t type, int32_t group);
/// The two ends of a message between this rank and the group's rank `peer`.
/// `channel` is the message's number in the step, the same at both ends.
void dpc_send_start(DpcContext *ctx, int32_t collective, const void *buffer,
                    int64_t count, int32_t type, int32_t peer, int32_t channel,
                    int32_t group);
void dpc_recv_start(DpcContext *ctx, int32_t collective, void *buffer,
                    int64_t count, int32_t type, int32_t peer, int32_t channel,
                    int32_t group);
void dpc_wait(DpcContext *ctx, int32_t collective);

/// Copies within the arena; the regions do not overlap.
void dpc_copy(DpcContext *ctx, const void *source, void *target, int64_t bytes);

/// Puts this rank's linear index in `group`'s axes (the first axis is the
/// slowest) at `target`.
void dpc_rank_index(DpcContext *ctx, int64_t *target, int32_t group);

#ifdef __cplusplus
}
#endif

#endif // DPC_RUNTIME_CORE_ABI_H
