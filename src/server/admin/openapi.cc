#include "server/admin/openapi.h"

#include <boost/json.hpp>
#include <map>

#include "api/openai/schema.h"
#include "base/check.h"
#include "server/admin/admin.h"
#include "server/admin/routes.h"
#include "server/auth/session.h"
#include "server/openapi.h"

namespace yun::server::admin {

namespace json = boost::json;

namespace {

/// Schemas by name; one name is one schema, for requests or for answers.
class Components {
 public:
  json::object Reference(const Schema& schema, bool request) {
    const auto [it, fresh] = seen_.emplace(schema.name, &schema);
    CHECK(it->second == &schema);
    if (fresh) {
      schemas_[schema.name] = Document(schema, request);
      for (const Field& field : schema.fields)
        if (field.of) Reference(*field.of, request);
    }
    return {{"$ref", "#/components/schemas/" + std::string(schema.name)}};
  }
  json::object Take() { return std::move(schemas_); }

 private:
  std::map<std::string_view, const Schema*> seen_;
  json::object schemas_;
};

json::object PageOf(json::object item) {
  return {{"type", "object"},
          {"properties",
           {{"object", {{"type", "string"}, {"enum", {"list"}}}},
            {"data", {{"type", "array"}, {"items", std::move(item)}}},
            {"next_cursor", {{"type", {"string", "null"}}, {"description", "null: this is the last page"}}}}},
          {"required", {"object", "data", "next_cursor"}},
          {"additionalProperties", false}};
}

json::array Parameters(const Route& route) {
  json::array parameters;
  for (std::size_t at = 0; (at = route.path.find('{', at)) != std::string_view::npos; ++at) {
    const std::string_view name = route.path.substr(at + 1, route.path.find('}', at) - at - 1);
    parameters.push_back(
        {{"name", name},
         {"in", "path"},
         {"required", true},
         {"schema", {{"type", "string"}, {"pattern", kId.pattern}, {"minLength", 1}, {"maxLength", 256}}}});
  }
  if (route.query)
    for (const Field& field : route.query->fields) {
      json::object parameter{{"name", field.name}, {"in", "query"}, {"required", field.required}};
      json::object schema = Document(field, true);
      if (const auto it = schema.find("description"); it != schema.end()) {
        parameter["description"] = it->value();
        schema.erase(it);
      }
      if (field.kind == Field::Kind::kTexts) parameter["style"] = "form", parameter["explode"] = false;
      parameter["schema"] = std::move(schema);
      parameters.push_back(std::move(parameter));
    }
  if (route.once)
    parameters.push_back(
        {{"name", "Idempotency-Key"},
         {"in", "header"},
         {"required", false},
         {"description", "The same key again does nothing again, and answers as the first time."},
         {"schema",
          {{"type", "string"}, {"pattern", "^[!-~]+$"}, {"minLength", 1}, {"maxLength", kIdempotencyKeyBytesMax}}}});
  return parameters;
}

json::array Roles(const Route& route) {
  json::array roles;
  if (route.whose == Whose::kWorkspace || route.whose == Whose::kAccount || route.whose == Whose::kPartner)
    for (const cloud::Role role : cloud::kRoles)
      if (route.right != cloud::Right::kOperate && cloud::May(role, route.right))
        roles.emplace_back(cloud::RoleName(role));
  return roles;
}

json::object Operation(const Route& route, Components& components) {
  std::string id(route.operation);
  for (char& c : id)
    if (c == '.') c = '_';
  json::object ok{{"description", "Done."}};
  json::object content;
  for (const std::string_view type : route.content_types) {
    json::object schema{{"type", "string"}};
    if (type == "application/json") {
      schema = route.answer ? components.Reference(*route.answer, false) : json::object{{"type", "object"}};
      if (route.page) schema = PageOf(std::move(schema));
    }
    if (type == "application/pdf" || type == "application/octet-stream") schema["format"] = "binary";
    content[type] = json::object{{"schema", std::move(schema)}};
  }
  if (route.status != 204 && route.status != 302) ok["content"] = std::move(content);
  json::object responses{{std::to_string(route.status), std::move(ok)}};
  const auto error = [&](const char* status, const char* about) {
    responses[status] = json::object{
        {"description", about},
        {"content", OpenApiContent("application/json", {{"$ref", "#/components/schemas/Error"}})}};
  };
  error("400", "The request is wrong; the message says where.");
  if (route.whose != Whose::kNobody) {
    error("401", "No or a wrong API key or session.");
    error("403", "Without the right.");
  }
  error("404", "Nothing of this id, or nothing of yours.");
  error("default", "Another error.");

  json::object operation{{"operationId", id},
                         {"tags", {route.operation.substr(0, route.operation.find('.'))}},
                         {"summary", route.about},
                         {"parameters", Parameters(route)},
                         {"responses", std::move(responses)},
                         {"x-yun-whose", WhoseName(route.whose)},
                         {"x-yun-roles", Roles(route)}};
  if (route.whose != Whose::kNobody && route.whose != Whose::kCaller)
    operation["x-yun-right"] = cloud::RightName(route.right);
  if (route.whose == Whose::kNobody) operation["security"] = json::array();
  if (route.body)
    operation["requestBody"] = json::object{
        {"required", true}, {"content", OpenApiContent("application/json", components.Reference(*route.body, true))}};
  return operation;
}

std::string Make() {
  Components components;
  json::object paths;
  for (const Route& route : Routes()) {
    std::string method(route.method);
    for (char& c : method) c = static_cast<char>(c | 0x20);
    json::value& path = paths[std::string(kPrefix) + std::string(route.path)];
    if (!path.is_object()) path = json::object();
    path.get_object()[method] = Operation(route, components);
  }
  json::object schemas = components.Take();
  schemas["Error"] = api::openai::Schemas().at("OpenAIError");
  return WriteOpenApi(
      {.title = "yun admin API",
       .about = "Workspaces, members, keys, limits, prices, money, invoices, partners and the audit log of a yun "
                "cloud. Amounts are whole numbers of millionths of a currency's unit; times are Unix milliseconds. The "
                "routes for models have their own document: /openapi.json.",
       .security = {json::object{{"key", json::array()}}, json::object{{"session", json::array()}}},
       .schemes = {{"key",
                    {{"type", "http"},
                     {"scheme", "bearer"},
                     {"description", "an API key with the scope 'admin'"}}},
                   {"session",
                    {{"type", "apiKey"},
                     {"in", "cookie"},
                     {"name", kSessionCookie},
                     {"description", "a console session; __Host-yun_session under TLS; changes need x-csrf-token"}}}},
       .paths = std::move(paths),
       .schemas = std::move(schemas)});
}

}  // namespace

const std::string& OpenApiDocument() {
  static const std::string document = Make();
  return document;
}

}  // namespace yun::server::admin
