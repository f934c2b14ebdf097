#include <boost/json.hpp>

#include "server/handlers/handlers.h"
#include "server/openapi.h"

namespace yun::server::handlers {

namespace json = boost::json;

void Health(Service& service, Call call) {
  json::object body{{"status", "ok"}};
  if (call.principal) {
    json::array models;
    for (const auto& model : service.Models()) {
      if (model->adapter) continue;  // its engine is its base's
      const engine::EngineStats stats = model->engine->Stats();
      models.push_back(json::object{{"id", model->id},
                                    {"running", stats.running},
                                    {"waiting", stats.waiting},
                                    {"cache_blocks", stats.cache_blocks},
                                    {"cache_blocks_used", stats.cache_blocks_used},
                                    {"cache_bytes", stats.cache_bytes},
                                    {"weight_bytes", stats.weight_bytes},
                                    {"prompt_tokens", stats.prompt_tokens},
                                    {"generated_tokens", stats.generated_tokens},
                                    {"steps", stats.steps},
                                    {"context_tokens", model->engine->context_tokens()},
                                    {"kernels", stats.kernels}});
    }
    body["requests"] = service.in_flight.count() - 1;  // besides this one
    body["models"] = std::move(models);
  }
  call.Respond(200, json::serialize(body));
}

void ShowOpenApi(Service&, Call call) { call.Respond(200, OpenApiDocument()); }

void Ready(Service& service, Call call) {
  switch (service.phase.load()) {
    case Phase::kLoading:
      return call.Respond(503, R"({"status":"loading"})");
    case Phase::kReady:
      return call.Respond(200, R"({"status":"ready"})");
    case Phase::kDraining:
      return call.Respond(503, R"({"status":"draining"})");
  }
}

}  // namespace yun::server::handlers
