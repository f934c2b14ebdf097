// Which cores this process may run on, and which memory is near them.
#pragma once
#include <filesystem>
#include <vector>

namespace yun {

/// Physical cores by NUMA node: at least one node, each with at least one core.
struct Topology {
  struct Node {
    std::vector<int> cpus;         // one logical cpu a physical core, ascending
    std::vector<int> logical = {};  // all of them, each hyperthread too: where a thread of this node may run
  };
  std::vector<Node> nodes;

  int cores() const;
};

/// Logical cpus in the calling thread's affinity mask, ascending; empty if the system does not say.
std::vector<int> AllowedCpus();

/// Reads /sys/devices/system/{cpu,node}, restricted to `allowed`. What is missing or makes no sense there is taken as
/// absent: a cpu without siblings is a core, and cpus that are not each in exactly one node are one node together.
/// source: Linux, Documentation/ABI/stable/sysfs-devices-node, sysfs-devices-system-cpu
Topology ReadTopology(const std::filesystem::path& sys = "/sys", std::vector<int> allowed = AllowedCpus());

/// Physical cores this process may run on (a core's hyperthreads count once); at least 1.
int PhysicalCores();

}  // namespace yun
