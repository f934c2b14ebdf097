// What callers of the admin API write: bodies and queries against every schema of the table, and paths.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "server/admin/routes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yun::server::admin;
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Route& route = Routes()[data[1] % Routes().size()];
  switch (data[0]) {
    case 'b':
      if (route.body)
        if (const auto values = ParseBody(*route.body, text)) {
          // What was accepted once is accepted again, unless a secret was blotted out.
          bool secret = false;
          for (const Field& field : route.body->fields) secret = secret || field.secret || field.of;
          if (!secret && !ParseBody(*route.body, boost::json::serialize(values->Public()))) std::abort();
        }
      break;
    case 'q':
      if (route.query) (void)ParseQuery(*route.query, text);
      break;
    case 'p': {
      const Match match = FindRoute(route.method, std::string(kPrefix) + std::string(text));
      for (const auto& [name, value] : match.path)
        if (value.find('/') != std::string::npos) std::abort();
      break;
    }
    default:
      break;
  }
  return 0;
}
