#include "base/topology.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>

namespace yun {
namespace {

using Cpus = std::vector<int>;

std::optional<std::string> FirstLine(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return {};
  return line;
}

std::optional<int> Number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || value >= CPU_SETSIZE) return {};
  return value;
}

/// "0-3,8-11" or ""; nothing if it is neither.
std::optional<Cpus> ParseCpuList(std::string_view text) {
  Cpus cpus;
  while (!text.empty()) {
    const std::string_view range = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), range.size() + 1));
    const auto first = Number(range.substr(0, range.find('-')));
    const auto last = Number(range.substr(range.find('-') + 1));  // npos + 1 = 0: a single cpu
    if (!first || !last || *last < *first) return {};
    for (int cpu = *first; cpu <= *last; ++cpu) cpus.push_back(cpu);
  }
  return cpus;
}

std::optional<Cpus> ReadCpuList(const std::filesystem::path& path) {
  const auto line = FirstLine(path);
  return line ? ParseCpuList(*line) : std::nullopt;
}

/// The node of each of `cpus`; empty unless each is in exactly one.
std::map<int, int> NodesOf(const std::filesystem::path& folder, const Cpus& cpus) {
  std::map<int, int> nodes;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    const auto node = name.starts_with("node") ? Number(std::string_view(name).substr(4)) : std::nullopt;
    if (!node) continue;
    for (const int cpu : ReadCpuList(it->path() / "cpulist").value_or(Cpus{}))
      if (std::binary_search(cpus.begin(), cpus.end(), cpu) && !nodes.emplace(cpu, *node).second) return {};
  }
  if (nodes.size() != cpus.size()) nodes.clear();
  return nodes;
}

}  // namespace

int Topology::cores() const {
  std::size_t count = 0;
  for (const Node& node : nodes) count += node.cpus.size();
  return static_cast<int>(count);
}

std::vector<int> AllowedCpus() {
  Cpus cpus;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  return cpus;
}

Topology ReadTopology(const std::filesystem::path& sys, std::vector<int> allowed) {
  const std::filesystem::path system = sys / "devices/system";
  std::sort(allowed.begin(), allowed.end());
  if (const auto online = ReadCpuList(system / "cpu/online"))
    std::erase_if(allowed, [&](int cpu) { return std::find(online->begin(), online->end(), cpu) == online->end(); });
  if (allowed.empty()) return {{{.cpus = {0}, .logical = {0}}}};

  const std::map<int, int> node_of = NodesOf(system / "node", allowed);
  std::map<int, Topology::Node> nodes;
  std::set<std::string> cores;
  for (const int cpu : allowed) {
    Topology::Node& node = nodes[node_of.empty() ? 0 : node_of.at(cpu)];
    const std::string id = std::to_string(cpu);
    const auto siblings = FirstLine(system / "cpu" / ("cpu" + id) / "topology/thread_siblings_list");
    if (cores.insert(siblings.value_or(id)).second) node.cpus.push_back(cpu);
    node.logical.push_back(cpu);
  }
  Topology topology;
  for (auto& [id, node] : nodes)
    if (!node.cpus.empty()) topology.nodes.push_back(std::move(node));
  return topology;
}

int PhysicalCores() { return ReadTopology().cores(); }

}  // namespace yun
