//===- Sha256.h - Proofs of a shared secret ---------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// SHA-256 (FIPS 180-4) and HMAC over it (RFC 2104), so that an executable needs
// no library of cryptography to tell its ranks from strangers.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_SHA256_H
#define DPC_RUNTIME_COMM_SHA256_H

#include <array>
#include <cstdint>
#include <string_view>

namespace dpc::rt {

using Digest = std::array<unsigned char, 32>;

Digest sha256(std::string_view bytes);
Digest hmacSha256(std::string_view key, std::string_view bytes);

/// In a time that does not depend on where they differ.
bool isSameDigest(const Digest &a, const Digest &b);

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_SHA256_H
