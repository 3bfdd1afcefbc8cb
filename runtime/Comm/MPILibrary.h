//===- MPILibrary.h - MPI, opened when a launcher says so -------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Executables are not linked with MPI, so that they start where there is none:
// its library is opened for ranks of an MPI launcher. It must have the binary
// interface of the one whose header the runtime was compiled with. What is a
// constant of that header and refers to the library has a place here, too; all
// others, such as MPI_SUCCESS, are used as they are.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_MPILIBRARY_H
#define DPC_RUNTIME_COMM_MPILIBRARY_H

#include "runtime/Core/Error.h"

#include <mpi.h>

/// X(NAME) for each function MPI_NAME.
#define DPC_MPI_FUNCTIONS(X)                                                   \
  X(Abort)                                                                     \
  X(Comm_dup)                                                                  \
  X(Comm_free)                                                                 \
  X(Comm_get_attr)                                                             \
  X(Comm_rank)                                                                 \
  X(Comm_set_errhandler)                                                       \
  X(Comm_size)                                                                 \
  X(Comm_split)                                                                \
  X(Error_string)                                                              \
  X(Finalize)                                                                  \
  X(Get_count)                                                                 \
  X(Get_library_version)                                                       \
  X(Iallgather)                                                                \
  X(Iallreduce)                                                                \
  X(Ialltoall)                                                                 \
  X(Ibarrier)                                                                  \
  X(Init_thread)                                                               \
  X(Iprobe)                                                                    \
  X(Irecv)                                                                     \
  X(Ireduce)                                                                   \
  X(Ireduce_scatter_block)                                                     \
  X(Isend)                                                                     \
  X(Op_create)                                                                 \
  X(Op_free)                                                                   \
  X(Recv)                                                                      \
  X(Request_free)                                                              \
  X(Test)                                                                      \
  X(Testsome)                                                                  \
  X(Type_commit)                                                               \
  X(Type_contiguous)                                                           \
  X(Type_create_struct)                                                        \
  X(Type_free)

/// X(TYPE, NAME, CONSTANT, SYMBOL): the constant, and what Open MPI's stands for.
#define DPC_MPI_HANDLES(X)                                                     \
  X(MPI_Comm, world, MPI_COMM_WORLD, ompi_mpi_comm_world)                      \
  X(MPI_Comm, noComm, MPI_COMM_NULL, ompi_mpi_comm_null)                       \
  X(MPI_Request, noRequest, MPI_REQUEST_NULL, ompi_request_null)               \
  X(MPI_Errhandler, errorsReturn, MPI_ERRORS_RETURN, ompi_mpi_errors_return)   \
  X(MPI_Op, noOp, MPI_OP_NULL, ompi_mpi_op_null)                               \
  X(MPI_Op, sum, MPI_SUM, ompi_mpi_op_sum)                                     \
  X(MPI_Op, max, MPI_MAX, ompi_mpi_op_max)                                     \
  X(MPI_Op, min, MPI_MIN, ompi_mpi_op_min)                                     \
  X(MPI_Datatype, character, MPI_CHAR, ompi_mpi_char)                          \
  X(MPI_Datatype, byte, MPI_BYTE, ompi_mpi_byte)                               \
  X(MPI_Datatype, f32, MPI_FLOAT, ompi_mpi_float)                              \
  X(MPI_Datatype, f64, MPI_DOUBLE, ompi_mpi_double)                            \
  X(MPI_Datatype, i8, MPI_INT8_T, ompi_mpi_int8_t)                             \
  X(MPI_Datatype, i16, MPI_INT16_T, ompi_mpi_int16_t)                          \
  X(MPI_Datatype, i32, MPI_INT32_T, ompi_mpi_int32_t)                          \
  X(MPI_Datatype, i64, MPI_INT64_T, ompi_mpi_int64_t)                          \
  X(MPI_Datatype, u8, MPI_UINT8_T, ompi_mpi_uint8_t)                           \
  X(MPI_Datatype, u16, MPI_UINT16_T, ompi_mpi_uint16_t)                        \
  X(MPI_Datatype, u32, MPI_UINT32_T, ompi_mpi_uint32_t)                        \
  X(MPI_Datatype, u64, MPI_UINT64_T, ompi_mpi_uint64_t)

namespace dpc::rt {

struct MPILibrary {
#define DPC_MPI_MEMBER(name) decltype(&MPI_##name) name;
  DPC_MPI_FUNCTIONS(DPC_MPI_MEMBER)
#undef DPC_MPI_MEMBER
#define DPC_MPI_MEMBER(type, name, constant, symbol) type name;
  DPC_MPI_HANDLES(DPC_MPI_MEMBER)
#undef DPC_MPI_MEMBER
};

/// All of it, after openMPI().
extern MPILibrary mpi;

/// Once, before MPI's start. The library stays open.
Status openMPI();

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_MPILIBRARY_H
