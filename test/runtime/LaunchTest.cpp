//===- LaunchTest.cpp - What launchers say, and who is believed -----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/Launch.h"
#include "runtime/Comm/Sha256.h"

#include <cstdio>
#include <cstdlib>
#include <gtest/gtest.h>
#include <map>

using namespace dpc::rt;

namespace {

using Variables = std::map<std::string, std::string>;

/// With these variables and no others of launchers.
Expected<Launch> resolve(const Variables &variables) {
  for (const char *name : {"OMPI_COMM_WORLD_RANK",
                           "OMPI_COMM_WORLD_SIZE",
                           "OMPI_COMM_WORLD_LOCAL_RANK",
                           "OMPI_COMM_WORLD_LOCAL_SIZE",
                           "PMI_RANK",
                           "PMI_SIZE",
                           "PMIX_RANK",
                           "PMIX_NAMESPACE",
                           "RANK",
                           "WORLD_SIZE",
                           "LOCAL_RANK",
                           "LOCAL_WORLD_SIZE",
                           "MASTER_ADDR",
                           "MASTER_PORT",
                           "TORCHELASTIC_RUN_ID",
                           "TORCHELASTIC_USE_AGENT_STORE",
                           "DPC_TRANSPORT",
                           "DPC_TOKEN",
                           "DPC_MASTER_PORT",
                           "SLURM_PROCID",
                           "SLURM_LOCALID",
                           "SLURM_STEP_NUM_TASKS",
                           "SLURM_STEP_NUM_NODES",
                           "SLURM_STEP_NODELIST",
                           "SLURM_NODELIST",
                           "SLURM_JOB_ID",
                           "SLURM_STEP_ID",
                           "SLURM_NNODES"})
    ::unsetenv(name);
  for (const auto &[name, value] : variables)
    ::setenv(name.c_str(), value.c_str(), 1);
  return resolveLaunch();
}

/// The line that refuses them; empty if they are not refused.
std::string refusal(const Variables &variables) {
  Expected<Launch> launch = resolve(variables);
  return launch.ok() ? "" : launch.error().line();
}

Variables with(Variables variables, const Variables &others) {
  for (const auto &[name, value] : others)
    variables[name] = value;
  return variables;
}

const Variables kByHand = {{"RANK", "1"},
                           {"WORLD_SIZE", "3"},
                           {"MASTER_ADDR", "node1"},
                           {"MASTER_PORT", "4000"}};
const Variables kTorchrun = {{"RANK", "1"},
                             {"WORLD_SIZE", "4"},
                             {"LOCAL_RANK", "1"},
                             {"LOCAL_WORLD_SIZE", "2"},
                             {"MASTER_ADDR", "n1"},
                             {"MASTER_PORT", "29500"},
                             {"TORCHELASTIC_RUN_ID", "seven"}};
const Variables kMPI = {{"OMPI_COMM_WORLD_RANK", "2"},
                        {"OMPI_COMM_WORLD_SIZE", "4"},
                        {"OMPI_COMM_WORLD_LOCAL_RANK", "0"}};
const Variables kSlurm = {{"SLURM_PROCID", "5"},
                          {"SLURM_STEP_NUM_TASKS", "8"},
                          {"SLURM_LOCALID", "1"},
                          {"SLURM_STEP_NUM_NODES", "2"},
                          {"SLURM_STEP_NODELIST", "b[03-04]"},
                          {"SLURM_JOB_ID", "12345"},
                          {"SLURM_STEP_ID", "2"}};

TEST(Launch, nobody) {
  Expected<Launch> launch = resolve({});
  ASSERT_TRUE(launch.ok());
  EXPECT_EQ(launch->transport, Transport::Alone);
  // A batch script is no rank, and a RANK alone is somebody else's.
  EXPECT_EQ(resolve({{"SLURM_PROCID", "0"}})->transport, Transport::Alone);
  EXPECT_EQ(resolve({{"RANK", "3"}})->transport, Transport::Alone);
}

TEST(Launch, byHand) {
  Expected<Launch> launch = resolve(kByHand);
  ASSERT_TRUE(launch.ok());
  EXPECT_EQ(launch->transport, Transport::TCP);
  EXPECT_EQ(launch->rank, 1);
  EXPECT_EQ(launch->size, 3);
  EXPECT_FALSE(launch->localRank);
  EXPECT_EQ(launch->place.host, "node1");
  EXPECT_EQ(launch->place.port, 4000);
  EXPECT_EQ(launch->place.ports, 1);
  EXPECT_EQ(resolve(with(kByHand, {{"DPC_MASTER_PORT", "41"}}))->place.port,
            41);
  EXPECT_NE(resolve(with(kByHand, {{"DPC_TOKEN", "a"}}))->place.secret,
            launch->place.secret);
}

TEST(Launch, torchrun) {
  Expected<Launch> launch = resolve(kTorchrun);
  ASSERT_TRUE(launch.ok());
  EXPECT_EQ(launch->localRank, 1);
  EXPECT_EQ(launch->place.port, 29500);
  // Where torchrun listens itself, ranks look for another port.
  launch = resolve(with(kTorchrun, {{"TORCHELASTIC_USE_AGENT_STORE", "True"}}));
  ASSERT_TRUE(launch.ok());
  EXPECT_EQ(launch->place.port, 29501);
  EXPECT_GT(launch->place.ports, 1);
  // It may have been started by Slurm, once a machine.
  launch = resolve(with(kSlurm, kTorchrun));
  ASSERT_TRUE(launch.ok());
  EXPECT_EQ(launch->source, "WORLD_SIZE");
  launch = resolve(with(with(kSlurm, kTorchrun), {{"PMIX_RANK", "0"},
                                                  {"PMIX_NAMESPACE", "s"},
                                                  {"PMI_RANK", "0"},
                                                  {"PMI_SIZE", "2"}}));
  ASSERT_TRUE(launch.ok());
  EXPECT_EQ(launch->rank, 1);
}

TEST(Launch, mpi) {
  Expected<Launch> launch = resolve(kMPI);
  ASSERT_TRUE(launch.ok());
  EXPECT_EQ(launch->transport, Transport::MPI);
  EXPECT_EQ(launch->rank, 2);
  EXPECT_EQ(launch->localRank, 0);
  // mpirun within a step of Slurm, whose processes are its own.
  EXPECT_EQ(resolve(with(kSlurm, kMPI))->rank, 2);
  launch = resolve(with(kMPI, {{"DPC_TRANSPORT", "tcp"},
                               {"MASTER_ADDR", "localhost"},
                               {"MASTER_PORT", "5000"}}));
  ASSERT_TRUE(launch.ok());
  EXPECT_EQ(launch->transport, Transport::TCP);
}

TEST(Launch, slurm) {
  Expected<Launch> launch = resolve(kSlurm);
  ASSERT_TRUE(launch.ok());
  EXPECT_EQ(launch->transport, Transport::TCP);
  EXPECT_EQ(launch->rank, 5);
  EXPECT_EQ(launch->size, 8);
  EXPECT_EQ(launch->place.host, "b03");
  EXPECT_GT(launch->place.ports, 1);
  int port = launch->place.port;
  EXPECT_NE(resolve(with(kSlurm, {{"SLURM_JOB_ID", "12346"}}))->place.port,
            port);
  EXPECT_EQ(resolve(with(kSlurm, {{"SLURM_STEP_NUM_NODES", "1"}}))->place.host,
            "127.0.0.1");
  launch = resolve(
      with(kSlurm, {{"PMIX_RANK", "5"}, {"PMIX_NAMESPACE", "slurm.1.0"}}));
  ASSERT_TRUE(launch.ok());
  EXPECT_EQ(launch->transport, Transport::MPI);
  EXPECT_EQ(firstNode("b[03-07,9],c1"), "b03");
  EXPECT_EQ(firstNode("b[9,11]x,c1"), "b9x");
  EXPECT_EQ(firstNode("a,b[1-2]"), "a");
  EXPECT_EQ(firstNode("alone"), "alone");
  EXPECT_EQ(firstNode("b["), "b");
}

TEST(Launch, refused) {
  auto expect = [](const Variables &variables,
                   const std::vector<std::string> &texts) {
    std::string line = refusal(variables);
    for (const std::string &text : texts)
      EXPECT_NE(line.find(text), std::string::npos) << text << " in " << line;
  };
  expect(with(kByHand, kMPI),
         {"OMPI_COMM_WORLD_SIZE", "rank 2 of 4", "WORLD_SIZE", "rank 1 of 3"});
  expect(with(kByHand, {{"PMIX_RANK", "2"}, {"PMIX_NAMESPACE", "s"}}),
         {"WORLD_SIZE", "rank 1 of 3", "PMIX_RANK is 2"});
  expect(with(kByHand, kSlurm), {"rank 1 of 3", "rank 5 of 8"});
  expect(with(kByHand, {{"RANK", "3"}}), {"WORLD_SIZE", "RANK is 3"});
  expect(with(kByHand, {{"RANK", "x"}}), {"RANK", "'x'"});
  expect(with(kByHand, {{"LOCAL_RANK", "3"}}), {"LOCAL_RANK", "'3'", "0 to 2"});
  expect(with(kTorchrun, {{"LOCAL_RANK", "2"}}), {"LOCAL_RANK", "0 to 1"});
  expect(with(kTorchrun, {{"LOCAL_RANK", "-1"}}), {"LOCAL_RANK", "'-1'"});
  expect(with(kTorchrun, {{"LOCAL_RANK", "one"}}), {"LOCAL_RANK", "'one'"});
  expect({{"RANK", "0"}, {"WORLD_SIZE", "2"}}, {"MASTER_ADDR"});
  expect({{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "a"}},
         {"MASTER_PORT", "not set"});
  for (const char *port : {"0", "65536", "-1", "http", "80x"})
    expect(with(kByHand, {{"MASTER_PORT", port}}), {"MASTER_PORT", port});
  expect({{"WORLD_SIZE", "2"}, {"MASTER_ADDR", "a"}}, {"RANK", "not set"});
  expect(with(kByHand, {{"DPC_TRANSPORT", "udp"}}), {"DPC_TRANSPORT", "udp"});
  expect(with(kByHand, {{"DPC_TRANSPORT", "mpi"}}),
         {"DPC_TRANSPORT", "mpirun"});
}

std::string hex(const Digest &digest) {
  std::string text;
  for (unsigned char byte : digest) {
    char two[3];
    std::snprintf(two, sizeof(two), "%02x", byte);
    text += two;
  }
  return text;
}

TEST(Sha256, examples) {
  // FIPS 180-4's.
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb924"
                             "27ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223"
                                "b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256("abcdbcdecdefdefgefghfghighijhijk"
                       "ijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039"
            "a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex(sha256(std::string(1000000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67"
            "f1809a48a497200e046d39ccc7112cd0");
  // RFC 4231's second and sixth.
  EXPECT_EQ(hex(hmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c7"
            "5a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      hex(hmacSha256(std::string(131, '\xaa'),
                     "Test Using Larger Than Block-Size Key - Hash Key First")),
      "60e431591ee0b67f0d8a26aacbf5b77f"
      "8e0bc6213728c5140546040f0ee37f54");
  EXPECT_TRUE(isSameDigest(sha256("a"), sha256("a")));
  EXPECT_FALSE(isSameDigest(sha256("a"), sha256("b")));
}

} // namespace
