// What a database may hold where something sealed is expected: it opens only if this vault sealed it.
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/file.h"
#include "cloud/vault.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const yun::cloud::Vault vault = [] {
    const std::string file = "/tmp/yun_vault_fuzz_" + std::to_string(::getpid());
    CHECK(yun::WriteFileAtomic(file, std::string(64, '1'), 0600));
    auto opened = yun::cloud::Vault::Open(file, false);
    CHECK(opened);
    ::unlink(file.c_str());
    return std::move(*opened);
  }();
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  CHECK(!vault.Unseal("t", "r", bytes));
  std::string sealed = vault.Seal("t", "r", bytes);
  CHECK(*vault.Unseal("t", "r", sealed) == bytes);
  sealed[size % sealed.size()] ^= static_cast<char>(1 << size % 8);
  CHECK(!vault.Unseal("t", "r", sealed));
  return 0;
}
