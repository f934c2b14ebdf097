#include "cli/metrics_fetch.h"

#include "cli/interrupt.h"
#include "net/http/client.h"

namespace yun::cli {

void AddMetricsServer(CLI::App& command, MetricsServer& server) {
  command.add_option("--url", server.url, "the server")
      ->transform([](std::string url) {
        while (url.ends_with('/')) url.pop_back();
        return url;
      })
      ->type_name("TEXT")
      ->capture_default_str();
  command.add_option("--key", server.key, "an API key, where the server asks for one (serve --metrics key)")
      ->envname("YUN_API_KEY");
}

Result<MetricsText> FetchMetrics(const MetricsServer& server) {
  const auto& [url, key] = server;
  http::FetchRequest ask;
  ask.url = url + "/metrics";
  if (!key.empty()) ask.headers = {{"authorization", "Bearer " + key}};
  ask.connect_seconds_max = 5;
  ask.stall_seconds_max = 10;
  ask.redirects_max = 0;
  ask.cancel = &Interrupted();
  ASSIGN_OR_RETURN(const http::FetchResponse answer, http::Fetch(ask, {}, MetricsText::kBytesMax));
  if (answer.status == 401 || answer.status == 403)
    return Fail(Code::kPermissionDenied,
                "{} does not show its metrics from here: run this on its machine, or serve with `--metrics key` and "
                "give a --key",
                url);
  if (answer.status != 200) return Fail(Code::kNetwork, "{}: status {}", ask.url, answer.status);
  return MetricsText::Parse(answer.body);
}

}  // namespace yun::cli
