//===- TCPLink.h - Small messages between two ranks -------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_TCPLINK_H
#define DPC_RUNTIME_COMM_TCPLINK_H

#include "runtime/Comm/TCPSocket.h"

namespace dpc::rt {

class TCPLink {
public:
  enum class Kind : uint32_t {
    Table,    ///< who the ranks are
    Abort,    ///< the job is over, and why was said
    Goodbye,  ///< no more will come
    Part,     ///< of what all ranks do together, to rank 0
    Whole,    ///< what came of it
    Grant,    ///< rank 0 has time for the bytes of another one
    Bytes,    ///< these
    Question, ///< where are you?
    Answer
  };
  struct Frame {
    Kind kind;
    std::string bytes;
  };
  /// Of a frame.
  static constexpr size_t mostBytes = size_t(16) << 20;

  TCPLink() = default;
  explicit TCPLink(Descriptor socket) : socket(std::move(socket)) {}

  bool isOpen() const { return socket.isOpen(); }
  const Descriptor &getSocket() const { return socket; }
  /// Never blocks; what finds no room is kept.
  void send(Kind kind, std::string_view bytes = {});
  void flush();
  bool isFlushed() const { return begin == output.size(); }
  /// Appends the frames that have come; false when no more will come.
  bool receive(std::vector<Frame> &frames);
  void close() { socket.close(); }

private:
  Descriptor socket;
  /// What is yet to be sent, from `begin` on.
  std::string output, input;
  size_t begin = 0;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_TCPLINK_H
