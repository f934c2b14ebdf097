// Any bytes as the answer of /metrics: an error or figures that can be read.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "cli/metrics_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yun::cli;
  const auto parsed = MetricsText::Parse({reinterpret_cast<const char*>(data), size});
  if (!parsed) {
    CHECK(!parsed.error().message.empty());
    return 0;
  }
  (void)parsed->Sum("yun_tokens_total", {{"kind", "prompt"}});
  (void)parsed->Values("yun_tokens_total", "workspace");
  const auto buckets = parsed->Buckets("h");
  (void)Quantile(Since(buckets, parsed->Buckets("h", {{"w", "1"}})), 0.95);
  return 0;
}
