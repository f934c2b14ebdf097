#include "net/http/public_address.h"

#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace yun::http {
namespace {

using V6 = std::array<std::uint8_t, 16>;

struct Range4 {
  std::uint32_t network;
  int bits;
};
constexpr Range4 kNotPublic4[] = {
    {0x00000000, 8},   // this network
    {0x0A000000, 8},   // private
    {0x64400000, 10},  // shared by a provider's customers
    {0x7F000000, 8},   // loopback
    {0xA9FE0000, 16},  // link-local
    {0xAC100000, 12},  // private
    {0xC0000000, 24},  // protocol assignments
    {0xC0000200, 24},  // documentation
    {0xC0586300, 24},  // 6to4 relays, given up
    {0xC0A80000, 16},  // private
    {0xC6120000, 15},  // benchmarks
    {0xC6336400, 24},  // documentation
    {0xCB007100, 24},  // documentation
    {0xE0000000, 3},   // multicast, reserved, broadcast
};

bool IsPublic4(std::uint32_t address) {
  for (const auto& [network, bits] : kNotPublic4)
    if ((address ^ network) >> (32 - bits) == 0) return false;
  return true;
}

std::uint32_t Four(const V6& a, std::size_t at) {
  return std::uint32_t{a[at]} << 24 | std::uint32_t{a[at + 1]} << 16 | std::uint32_t{a[at + 2]} << 8 | a[at + 3];
}

bool Begins(const V6& a, std::initializer_list<std::uint8_t> bytes) {
  return std::memcmp(a.data(), bytes.begin(), bytes.size()) == 0;
}

bool IsPublic6(const V6& a) {
  if (Begins(a, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF})) return IsPublic4(Four(a, 12));
  if (Begins(a, {0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0})) return IsPublic4(Four(a, 12));  // NAT64
  if (Begins(a, {0x20, 0x02})) return IsPublic4(Four(a, 2));                                       // 6to4
  if ((a[0] & 0xE0) != 0x20) return false;                  // only 2000::/3 is given out
  if (Begins(a, {0x20, 0x01}) && a[2] < 2) return false;    // 2001::/23: protocol assignments, Teredo
  if (Begins(a, {0x20, 0x01, 0x0D, 0xB8})) return false;    // documentation
  return !(Begins(a, {0x3F, 0xFF}) && (a[2] & 0xF0) == 0);  // documentation
}

}  // namespace

bool IsPublicAddress(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof(v4));
    return IsPublic4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof(v6));
    V6 bytes;
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return IsPublic6(bytes);
  }
  return false;
}

}  // namespace yun::http
