// Tenants as numbers for the engine, which knows no names, and what keeps their cached prefixes apart.
#pragma once
#include <cstdint>
#include <string_view>

#include "cloud/random.h"

namespace yun::cloud {

/// Hashes keyed with the server's key: nobody outside can choose or guess a number, so no tenant can have another's, or
/// learn from the time of a first token what another has asked. They are the same after a restart, and so what is
/// cached on disk is found again.
/// thread: all methods from any thread
class TenantNumbers {
 public:
  explicit TenantNumbers(const ServerKey& key);

  /// The same for the same id. Two ids meet with a chance of 2^-64.
  std::uint64_t Tenant(std::string_view id) const;
  /// What requests of one tenant and one `wish` (the request's own salt, may be empty) share. An empty tenant: one
  /// for all.
  std::uint64_t CacheSalt(std::string_view tenant_id, std::string_view wish) const;

 private:
  std::uint64_t Hash(std::string_view purpose, std::string_view a, std::string_view b) const;
  ServerKey key_;
};

}  // namespace yun::cloud
