// How long a key check and a change take with many keys: cloud_bench --benchmark_filter=Directory
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>

#include "base/check.h"
#include "base/file.h"
#include "cloud/clock.h"
#include "cloud/directory.h"
#include "store/database.h"

namespace yun::cloud {
namespace {

namespace fs = std::filesystem;

constexpr int kKeys = 10000;

struct Cloud {
  Cloud() {
    home = fs::temp_directory_path() / ("yun_directory_bench_" + std::to_string(::getpid()));
    fs::create_directories(home);
    std::array<unsigned char, 32> bytes;
    bytes.fill(0x11);
    std::string keys = R"({"version":1,"keys":[)";
    for (int i = 0; i < kKeys; ++i)
      keys += fmt::format(R"({}{{"id":"key_{}","name":"k","hint":"sk-aaaa","created":1,"hash":"{}"}})", i ? "," : "", i,
                          HexOf(KeyedHash(ServerKey(bytes), "", SecretOf(i))));
    CHECK(WriteFileAtomic(home / "server.key", std::string(64, '1'), 0600));
    CHECK(WriteFileAtomic(home / "keys.json", keys + "]}", 0600));
    database = *store::Database::Open((home / "cloud.db").string());
    directory = *Directory::Open(*database, home, SystemClock());
    const auto first = directory->MakeFirst();
    CHECK(first && first->keys_imported == kKeys);
  }
  ~Cloud() {
    directory.reset();
    database.reset();
    fs::remove_all(home);
  }
  static std::string SecretOf(int i) { return fmt::format("sk-{:064d}", i); }

  fs::path home;
  std::unique_ptr<store::Database> database;
  std::unique_ptr<Directory> directory;
};

Cloud& Shared() {
  static Cloud cloud;
  return cloud;
}

void DirectoryVerify(benchmark::State& state, bool known) {
  const Directory& directory = *Shared().directory;
  const std::string secret = known ? Cloud::SecretOf(kKeys / 2) : "sk-" + std::string(64, 'f');
  for (auto _ : state) CHECK((directory.Verify(secret) != nullptr) == known);
}
BENCHMARK_CAPTURE(DirectoryVerify, a_good_key, true);
BENCHMARK_CAPTURE(DirectoryVerify, a_wrong_key, false);

void DirectoryMakeKey(benchmark::State& state) {
  Directory& directory = *Shared().directory;
  const Member owner = directory.Members(directory.Workspaces()[0].id)[0];
  for (auto _ : state) CHECK(directory.MakeKey({}, {owner.workspace_id, owner.person_id, "k", {}, 0}).has_value());
}
BENCHMARK(DirectoryMakeKey)->Iterations(50);

void DirectoryOpen(benchmark::State& state) {
  Cloud& cloud = Shared();
  for (auto _ : state) benchmark::DoNotOptimize(Directory::Open(*cloud.database, cloud.home, SystemClock()));
}
BENCHMARK(DirectoryOpen)->Iterations(5)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace yun::cloud
