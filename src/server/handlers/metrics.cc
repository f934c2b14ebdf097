#include <algorithm>

#include "server/handlers/handlers.h"

namespace yun::server::handlers {

namespace {

/// Whether the client runs on this machine, as far as the connection says: a proxy that adds no header looks local.
bool IsLocal(const http::Request& request) {
  const std::string_view remote = request.remote;
  const bool loopback = remote.starts_with("127.") || remote.starts_with("[::1]") || remote.starts_with("::1") ||
                        remote.starts_with("[::ffff:127.") || remote.starts_with("::ffff:127.");
  return loopback && std::all_of(request.headers.begin(), request.headers.end(), [](const auto& header) {
           return header.first != "forwarded" && header.first != "via" && !header.first.starts_with("x-forwarded-");
         });
}

}  // namespace

void ShowMetrics(Service& service, Call call) {
  const MetricsAccess access = service.options.metrics;
  const bool operates = call.principal && call.principal->May(cloud::Right::kOperate);
  const bool may =
      access == MetricsAccess::kOpen || (access == MetricsAccess::kKey && operates) || IsLocal(call.request);
  if (!may)
    return call.Fail({403,
                      access == MetricsAccess::kKey
                          ? "From another machine metrics need an operator's key: 'Authorization: Bearer sk-...'."
                          : "Metrics are given on this machine alone; `yun serve --metrics key` or `open` widens that.",
                      "", "permission_denied"});
  std::vector<ModelStats> models;
  for (const auto& model : service.Models())
    if (!model->adapter) models.push_back({model->id, model->engine->Stats()});
  if (service.fleet)
    for (engine::FleetRow& row : service.fleet->Rows())
      for (ModelStats& model : models)
        if (model.model == row.name) model.place = std::move(row);
  const Cloud& cloud = *service.cloud;
  const CloudStats stats{cloud.database->queue(), cloud.ledger->queue(), cloud.prompts->counts()};
  call.responder->Respond(200, "text/plain; version=0.0.4; charset=utf-8",
                          service.metrics.Text(models, service.fleet.get(), stats, service.in_flight.count() - 1),
                          call.AnswerHeaders());
}

}  // namespace yun::server::handlers
