#include "base/topology.h"

#include <gtest/gtest.h>

#include <fstream>

namespace yun {
namespace {

/// A folder that looks like /sys: 2 nodes of 2 cores of 2 hyperthreads, numbered as Linux does, cores first.
class FakeSys : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "topology_test.XXXXXX";
    ASSERT_NE(nullptr, mkdtemp(name.data()));
    sys_ = name;
    Write("cpu/online", "0-7");
    for (int cpu = 0; cpu < 8; ++cpu) {
      const std::string first = std::to_string(cpu % 4), second = std::to_string(cpu % 4 + 4);
      Write("cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list", first + "," + second);
    }
    Write("node/node0/cpulist", "0-1,4-5");
    Write("node/node1/cpulist", "2-3,6-7");
    Write("node/online", "0-1");
  }
  void TearDown() override { std::filesystem::remove_all(sys_); }

  std::filesystem::path At(const std::string& name) const { return sys_ / "devices/system" / name; }
  void Write(const std::string& name, const std::string& line) const {
    std::filesystem::create_directories(At(name).parent_path());
    std::ofstream(At(name)) << line << '\n';
  }
  /// "0 1 (0 1 4 5) | 2 3 (2 3 6 7)"
  std::string Read(std::vector<int> allowed = {0, 1, 2, 3, 4, 5, 6, 7}) const {
    std::string text;
    const Topology topology = ReadTopology(sys_, std::move(allowed));
    int cores = 0;
    for (const Topology::Node& node : topology.nodes) {
      if (!text.empty()) text += " | ";
      for (const int cpu : node.cpus) text += std::to_string(cpu) + " ";
      text += "(";
      for (const int cpu : node.logical) text += std::to_string(cpu) + (cpu == node.logical.back() ? "" : " ");
      text += ")";
      cores += static_cast<int>(node.cpus.size());
    }
    EXPECT_EQ(topology.cores(), cores);
    return text;
  }

  std::filesystem::path sys_;
};

TEST_F(FakeSys, NodesCoresAndHyperthreads) {
  EXPECT_EQ(Read(), "0 1 (0 1 4 5) | 2 3 (2 3 6 7)");
  EXPECT_EQ(Read({7, 6, 5, 4, 3, 2, 1, 0}), "0 1 (0 1 4 5) | 2 3 (2 3 6 7)");
}

TEST_F(FakeSys, OnlyWhatTheMaskAllows) {
  EXPECT_EQ(Read({1, 2, 3, 5, 6}), "1 (1 5) | 2 3 (2 3 6)");
  EXPECT_EQ(Read({6, 7}), "6 7 (6 7)");
  EXPECT_EQ(Read({4, 7}), "4 (4) | 7 (7)");
  EXPECT_EQ(Read({}), "0 (0)");
}

TEST_F(FakeSys, OfflineCpusAreNone) {
  Write("cpu/online", "0,2-4,6-7");
  Write("node/node0/cpulist", "0,4");
  EXPECT_EQ(Read(), "0 (0 4) | 2 3 (2 3 6 7)");
}

TEST_F(FakeSys, ANodeWithoutCpusIsMemoryAlone) {
  Write("node/node2/cpulist", "");
  Write("node/node10/cpulist", "2-3,6-7");
  Write("node/node1/cpulist", "");
  EXPECT_EQ(Read(), "0 1 (0 1 4 5) | 2 3 (2 3 6 7)");
}

TEST_F(FakeSys, NodesThatMakeNoSenseAreOneNode) {
  for (const char* list : {"2-3", "2-3,6", "1-3,6-7", "3-2,6-7", "2-3,6-", "2-3,,6-7", "-2,3,6-7", "2-3 6-7", "a",
                           "2-99999999999", "2-3,6-7,4294967302", "0-7"}) {
    Write("node/node1/cpulist", list);
    EXPECT_EQ(Read(), "0 1 2 3 (0 1 2 3 4 5 6 7)") << list;
  }
  Write("node/node1/cpulist", "2,3,6,7,8-11");  // cpus that are not allowed do no harm
  EXPECT_EQ(Read(), "0 1 (0 1 4 5) | 2 3 (2 3 6 7)");
}

TEST_F(FakeSys, MissingFiles) {
  std::filesystem::remove(At("cpu/online"));
  EXPECT_EQ(Read(), "0 1 (0 1 4 5) | 2 3 (2 3 6 7)");
  std::filesystem::remove_all(At("cpu/cpu4"));
  EXPECT_EQ(Read(), "0 1 4 (0 1 4 5) | 2 3 (2 3 6 7)");
  std::filesystem::remove_all(At("node"));
  EXPECT_EQ(Read(), "0 1 2 3 4 (0 1 2 3 4 5 6 7)");
  std::filesystem::remove_all(At("cpu"));
  EXPECT_EQ(Read({0, 8, 9}), "0 8 9 (0 8 9)");
}

TEST(Topology, OfThisMachine) {
  const Topology topology = ReadTopology();
  ASSERT_FALSE(topology.nodes.empty());
  for (const Topology::Node& node : topology.nodes) EXPECT_FALSE(node.cpus.empty());
  EXPECT_EQ(PhysicalCores(), topology.cores());
}

}  // namespace
}  // namespace yun
