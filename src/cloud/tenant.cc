#include "cloud/tenant.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace yun::cloud {

TenantNumbers::TenantNumbers(const ServerKey& key) {
  std::array<unsigned char, 32> own;
  std::ranges::copy(KeyedHash(key, "tenant numbers", ""), own.begin());
  key_ = ServerKey(own);
}

std::uint64_t TenantNumbers::Tenant(std::string_view id) const { return Hash("tenant", id, ""); }

std::uint64_t TenantNumbers::CacheSalt(std::string_view tenant_id, std::string_view wish) const {
  return Hash("cache", tenant_id, wish);
}

std::uint64_t TenantNumbers::Hash(std::string_view purpose, std::string_view a, std::string_view b) const {
  crypto_generichash_state state;
  std::array<unsigned char, crypto_generichash_BYTES_MIN> hash;
  crypto_generichash_init(&state, key_.Reveal().data(), key_.Reveal().size(), hash.size());
  for (const std::string_view part : {purpose, a, b}) {
    const std::uint64_t size = part.size();  // "ab" + "c" must not be "a" + "bc"
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(&size), sizeof size);
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(part.data()), part.size());
  }
  crypto_generichash_final(&state, hash.data(), hash.size());
  std::uint64_t number;
  std::memcpy(&number, hash.data(), sizeof number);
  return number;
}

}  // namespace yun::cloud
