// yun admin: the admin API of a running server from the command line. The commands are rows of admin_commands.cc.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <set>

#include "base/file.h"
#include "cli/admin_client.h"
#include "cli/admin_commands.h"
#include "cli/admin_text.h"
#include "cli/commands.h"
#include "cli/report.h"
#include "cli/table.h"
#include "cloud/random.h"
#include "hub/store.h"

namespace yun::cli {
namespace {

namespace json = boost::json;
using Argument = AdminArgument;
using Column = AdminColumn;

constexpr std::uint64_t kInputBytesMax = 2u << 20;

struct Common {
  std::string url, key, home, output;
  bool json = false;
};

/// What was written for each argument of a command; nothing: it was left out.
struct Given {
  std::vector<std::string> values;
  std::vector<CLI::Option*> options;
  bool Has(std::size_t i) const { return options[i]->count() > 0; }
};

std::int64_t Now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// ---- arguments -> request

/// The id of the one item of a list that has this name (or e-mail address).
Result<std::string> IdByName(const AdminClient& client, const std::string& path, std::string_view id_field,
                             std::vector<std::string_view> fields, const std::string& name, std::string_view noun) {
  ASSIGN_OR_RETURN(const json::array items, client.AskAll(path));
  std::set<std::string> ids;
  for (const json::value& item : items) {
    const json::object* object = item.if_object();
    const json::value* id = object ? object->if_contains(id_field) : nullptr;
    if (!id || !id->is_string()) continue;
    for (const std::string_view field : fields)
      if (const json::value* value = object->if_contains(field);
          value && value->is_string() && value->get_string() == name)
        ids.insert(std::string(id->get_string()));
  }
  if (ids.empty()) return Fail(Code::kNotFound, "there is no {} called '{}' here", noun, name);
  if (ids.size() > 1)
    return Fail(Code::kInvalidArgument, "{} {}s are called '{}': give the id", ids.size(), noun, name);
  return *ids.begin();
}

Result<std::string> IdOf(const AdminClient& client, Argument::Kind kind, const std::string& text,
                         const std::string& workspace_id) {
  using K = Argument::Kind;
  const std::string keys = "/workspaces/" + UrlText(workspace_id);
  switch (kind) {
    case K::kWorkspace:
      if (text.starts_with("ws_")) return text;
      return IdByName(client, "/workspaces?limit=1000&name=" + UrlText(text), "id", {"name"}, text, "workspace");
    case K::kAccount:
      if (text.starts_with("acc_")) return text;
      return IdByName(client, "/accounts?limit=1000", "id", {"name"}, text, "account");
    case K::kPartner:
      if (text.starts_with("prt_")) return text;
      return IdByName(client, "/partners?limit=1000", "id", {"name"}, text, "partner");
    case K::kKey:
      if (text.starts_with("key_")) return text;
      return IdByName(client, keys + "/keys?limit=1000", "id", {"name"}, text, "key");
    case K::kMember:
      if (text.starts_with("usr_")) return text;
      return IdByName(client, keys + "/members?limit=1000", "person_id", {"email", "name"}, text, "member");
    case K::kPerson:
      if (text.starts_with("usr_")) return text;
      return IdByName(client, "/people?limit=1000", "id", {"email", "name"}, text, "person");
    default:
      return text;
  }
}

Result<std::string> ReadInput(const std::string& path) {
  if (path != "-") return ReadFile(path, kInputBytesMax);
  return std::string(std::istreambuf_iterator<char>(std::cin), {});
}

/// As the API wants it.
Result<json::value> ValueOf(const AdminClient& client, const Argument& argument, const std::string& text,
                            const std::string& workspace_id) {
  using K = Argument::Kind;
  switch (argument.kind) {
    case K::kInteger: {
      char* end = nullptr;
      errno = 0;
      const long long number = std::strtoll(text.c_str(), &end, 10);
      if (text.empty() || *end != '\0' || errno != 0)
        return Fail(Code::kInvalidArgument, "{}: '{}' is no whole number", argument.name, text);
      return json::value(number);
    }
    case K::kMoney: {
      ASSIGN_OR_RETURN(const std::int64_t micro, ParseMoney(text));
      return json::value(micro);
    }
    case K::kTime: {
      ASSIGN_OR_RETURN(const std::int64_t ms, ParseTime(text, Now()));
      return json::value(ms);
    }
    case K::kSpan: {
      ASSIGN_OR_RETURN(const std::int64_t ms, ParseSpan(text));
      return json::value(ms);
    }
    case K::kTexts: {
      json::array items;
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        if (end > at) items.emplace_back(text.substr(at, end - at));
        at = end + 1;
      }
      return json::value(std::move(items));
    }
    case K::kBoolean:
      if (text != "true" && text != "false")
        return Fail(Code::kInvalidArgument, "{}: write true or false", argument.name);
      return json::value(text == "true");
    case K::kFlag:
      return json::value(true);
    case K::kFile: {
      ASSIGN_OR_RETURN(std::string bytes, ReadInput(text));
      return json::value(std::move(bytes));
    }
    default: {
      ASSIGN_OR_RETURN(std::string id, IdOf(client, argument.kind, text, workspace_id));
      return json::value(std::move(id));
    }
  }
}

std::string QueryText(const json::value& value) {
  if (const json::array* items = value.if_array()) {
    std::string joined;
    for (const json::value& item : *items) joined += (joined.empty() ? "" : ",") + UrlText(item.as_string());
    return joined;
  }
  return value.is_string() ? UrlText(value.get_string()) : json::serialize(value);
}

struct Request {
  std::string path;
  json::object body;
  bool with_body = false;
};

Result<Request> RequestOf(const AdminClient& client, const AdminCommand& command, const Given& given) {
  Request request;
  const bool otherwise = !command.otherwise.empty() && !given.Has(0);
  request.path = otherwise ? command.otherwise : command.path;
  request.with_body = command.method == "PATCH" || command.method == "PUT";
  std::string query, workspace_id;
  for (std::size_t i = 0; i < command.arguments.size(); ++i) {
    const Argument& argument = command.arguments[i];
    const bool in_path = argument.field.starts_with('{'), in_query = argument.field.starts_with('?');
    if (!in_path && !in_query) request.with_body = true;
    if (!given.Has(i)) continue;
    ASSIGN_OR_RETURN(json::value value, ValueOf(client, argument, given.values[i], workspace_id));
    if (in_path) {
      const std::string text(value.as_string());
      if (argument.kind == Argument::Kind::kWorkspace) workspace_id = text;
      if (const std::size_t at = request.path.find(argument.field); at != std::string::npos)
        request.path.replace(at, argument.field.size(), UrlText(text));
    } else if (in_query) {
      query += fmt::format("{}{}={}", query.empty() ? '?' : '&', argument.field.substr(1), QueryText(value));
    } else if (const std::size_t dot = argument.field.find('.'); dot != std::string_view::npos) {
      json::value& inner = request.body[argument.field.substr(0, dot)];
      if (!inner.is_object()) inner = json::object();
      inner.get_object()[argument.field.substr(dot + 1)] = std::move(value);
    } else {
      request.body[argument.field] = std::move(value);
    }
  }
  request.path += query;
  return request;
}

// ---- answer -> text

/// A cell of a table: one line, nothing that moves the cursor.
std::string Cell(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return text;
}

std::string TextOf(const json::value& value, Column::Kind kind) {
  if (value.is_null()) return "-";
  if (const auto* number = value.if_int64()) {
    if (kind == Column::Kind::kMoney) return MoneyText(*number);
    if (kind == Column::Kind::kTime) return TimeText(*number);
    if (kind == Column::Kind::kPercent) return fmt::format("{:.1f} %", static_cast<double>(*number) / 10'000);
    return std::to_string(*number);
  }
  if (value.is_bool()) return value.get_bool() ? "yes" : "no";
  if (value.is_string()) return Cell(std::string(value.get_string()));
  if (const json::array* items = value.if_array()) {
    std::string joined;
    for (const json::value& item : *items)
      joined +=
          (joined.empty() ? "" : ",") + (item.is_string() ? std::string(item.get_string()) : json::serialize(item));
    return joined.empty() ? "-" : Cell(joined);
  }
  return Cell(json::serialize(value));
}

const json::value* FieldOf(const json::value& item, std::string_view field) {
  json::error_code ec;
  return item.find_pointer(field.starts_with('/') ? std::string(field) : "/" + std::string(field), ec);
}

void PrintTable(const json::array& items, const std::vector<Column>& columns) {
  std::vector<Column> shown;  // those that any row has
  std::copy_if(columns.begin(), columns.end(), std::back_inserter(shown), [&](const Column& column) {
    return std::any_of(items.begin(), items.end(),
                       [&](const json::value& item) { return FieldOf(item, column.field); });
  });
  if (items.empty()) {
    std::printf("nothing\n");
    return;
  }
  std::vector<std::string> head;
  for (const Column& column : shown) head.emplace_back(column.head);
  Table table(std::move(head));
  for (const json::value& item : items) {
    std::vector<std::string> row;
    for (const Column& column : shown) {
      const json::value* value = FieldOf(item, column.field);
      row.push_back(value ? TextOf(*value, column.kind) : "-");
    }
    table.Add(std::move(row));
  }
  table.Print();
}

/// By its name's end: what it is in.
Column::Kind KindByName(std::string_view name) {
  if (name.ends_with("_micro")) return Column::Kind::kMoney;
  if (name.ends_with("_ms") && name != "cpu_ms" && name != "overlap_ms") return Column::Kind::kTime;
  return Column::Kind::kText;
}

void AddFields(const json::object& object, const std::string& before, Table& table,
               std::vector<std::pair<std::string, json::array>>& lists) {
  for (const auto& member : object) {
    const std::string name = before + std::string(member.key());
    if (const json::object* inner = member.value().if_object()) {
      AddFields(*inner, name + ".", table, lists);
    } else if (const json::array* items = member.value().if_array();
               items && !items->empty() && items->front().is_object()) {
      lists.emplace_back(name, *items);
    } else {
      table.Add({name, TextOf(member.value(), KindByName(member.key()))});
    }
  }
}

/// Field by field, then each list of objects as a table.
void PrintObject(const json::object& object) {
  Table table({"", ""});
  std::vector<std::pair<std::string, json::array>> lists;
  AddFields(object, "", table, lists);
  const std::vector<std::string> lines = table.Lines();
  for (std::size_t i = 1; i < lines.size(); ++i) std::printf("%s\n", lines[i].c_str());
  for (const auto& [name, items] : lists) {
    std::printf("\n%s\n", name.c_str());
    std::vector<Column> columns;
    std::vector<std::string> heads;
    heads.reserve(items.front().get_object().size());
    for (const auto& member : items.front().get_object())
      if (!member.value().is_object()) columns.push_back({member.key(), member.key(), KindByName(member.key())});
    PrintTable(items, columns);
  }
}

/// The list that an answer with columns holds.
const json::array* ListIn(const json::value& answer) {
  if (const json::array* items = answer.if_array()) return items;
  const json::object* object = answer.if_object();
  if (!object) return nullptr;
  for (const std::string_view name : {"data", "prices", "months", "workspaces", "models"})
    if (const json::value* value = object->if_contains(name); value && value->is_array()) return &value->get_array();
  return nullptr;
}

Status WriteOutput(const std::string& bytes, const std::string& output) {
  if (!output.empty() && output != "-") return WriteFileAtomic(output, bytes);
  std::fwrite(bytes.data(), 1, bytes.size(), stdout);
  if (!bytes.empty() && bytes.back() != '\n') std::printf("\n");
  return {};
}

Result<int> Run(const AdminCommand& command, const Given& given, const Common& common) {
  Interrupted();  // watches from here on
  const std::filesystem::path home = common.home.empty() ? hub::HomeFolder() : std::filesystem::path(common.home);
  ASSIGN_OR_RETURN(AdminServer server, FindAdminServer(common.url, common.key, home));
  const AdminClient client(std::move(server));
  ASSIGN_OR_RETURN(const Request request, RequestOf(client, command, given));
  const json::object* body = request.with_body ? &request.body : nullptr;
  if (command.file) {
    ASSIGN_OR_RETURN(const http::FetchResponse answer, client.Ask(command.method, request.path, body));
    json::error_code ec;
    const bool is_json = answer.Header("content-type").starts_with("application/json");
    const json::value value = is_json ? json::parse(answer.body, ec) : json::value();
    if (is_json && !ec && value.is_object() && common.output.empty() && !common.json && command.noun != "openapi") {
      PrintObject(value.get_object());
      return 0;
    }
    RETURN_IF_ERROR(WriteOutput(answer.body, common.output));
    return 0;
  }
  json::value answer;
  const bool pages = command.method == "GET" && !command.columns.empty() && command.noun != "report" &&
                     command.noun != "usage" && !(command.noun == "price" && command.verb == "show");
  if (pages) {
    ASSIGN_OR_RETURN(answer, client.AskAll(request.path));
  } else {
    ASSIGN_OR_RETURN(answer, client.AskJson(command.method, request.path, body,
                                            command.once ? cloud::RandomHex(16) : std::string()));
  }
  int code = 0;
  if (command.noun == "reconcile" || command.verb == "verify")
    if (const json::value* ok = FieldOf(answer, "ok"); ok && ok->is_bool() && !ok->get_bool()) code = 1;
  if (common.json) {
    std::cout << (answer.is_null() ? json::value(json::object()) : answer) << "\n";
    return code;
  }
  const json::array* items = command.columns.empty() ? nullptr : ListIn(answer);
  if (items) {
    PrintTable(*items, command.columns);
  } else if (answer.is_object()) {
    PrintObject(answer.get_object());
  } else if (answer.is_null()) {
    std::printf("done\n");
  } else {
    std::cout << answer << "\n";
  }
  return code;
}

/// The whole log as it is hashed, a record a line.
Result<int> ExportAudit(const Common& common, const std::string& file) {
  Interrupted();
  const std::filesystem::path home = common.home.empty() ? hub::HomeFolder() : std::filesystem::path(common.home);
  ASSIGN_OR_RETURN(AdminServer server, FindAdminServer(common.url, common.key, home));
  const AdminClient client(std::move(server));
  std::ofstream out;
  if (file != "-") out.open(file, std::ios::binary | std::ios::trunc);
  std::ostream& to = file == "-" ? std::cout : out;
  std::string cursor;
  do {
    const std::string more = cursor.empty() ? "" : "&cursor=" + UrlText(cursor);
    ASSIGN_OR_RETURN(const http::FetchResponse page, client.Ask("GET", "/audit?format=jsonl&limit=1000" + more));
    to << page.body;
    cursor = page.Header("x-next-cursor");
  } while (!cursor.empty() && to);
  to.flush();
  if (!to) return Fail(Code::kDisk, "{}: cannot write", file);
  return 0;
}

void AddCommand(CLI::App& parent, const AdminCommand& command, const std::shared_ptr<Common>& common, int& exit_code) {
  CLI::App* c = parent.add_subcommand(std::string(command.verb.empty() ? command.noun : command.verb),
                                      std::string(command.about));
  auto given = std::make_shared<Given>();
  given->values.resize(command.arguments.size());
  for (std::size_t i = 0; i < command.arguments.size(); ++i) {
    const Argument& argument = command.arguments[i];
    CLI::Option* option =
        argument.kind == Argument::Kind::kFlag
            ? c->add_flag(std::string(argument.name), given->values[i], std::string(argument.about))
            : c->add_option(std::string(argument.name), given->values[i], std::string(argument.about));
    if (argument.required) option->required();
    given->options.push_back(option);
  }
  if (command.file) c->add_option("--output", common->output, "the file to write; none: stdout");
  c->footer("Examples:\n  " + std::string(command.examples));
  c->callback([&command, given, common, &exit_code] { exit_code = ExitCode(Run(command, *given, *common)); });
}

}  // namespace

void RegisterAdmin(CLI::App& app, int& exit_code) {
  auto common = std::make_shared<Common>();
  CLI::App* admin = app.add_subcommand("admin", "look after a running cloud: workspaces, keys, prices, money");
  admin->require_subcommand(1);
  admin->fallthrough();
  admin->add_option("--url", common->url, "the server; else YUN_URL, else the one that runs on this machine");
  admin->add_option("--api-key", common->key,
                    "a key with the scope 'admin'; else YUN_API_KEY, else this machine's own");
  admin->add_option("--home", common->home,
                    "the running server's folder (default: $YUN_HOME, else ~/.local/share/yun)");
  admin->add_flag("--json", common->json, "as JSON, for programs");
  admin->footer(
      "Workspaces, accounts, partners and keys may be given by id or by name.\n"
      "Examples:\n"
      "  yun admin workspace create shop                       a workspace and the account that pays\n"
      "  yun admin topup shop 5                                money that came in\n"
      "  yun admin key create shop web --budget 5 --rpm 60     a key that may cost 5 yuan\n"
      "  yun admin usage shop --from 7d --by time,model        what it used\n"
      "  yun admin invoice preview shop 2026-11                what it will pay\n"
      "  yun admin reconcile                                   do the books agree with the engines?\n"
      "  yun admin key --help                                  everything about keys");
  std::map<std::string_view, CLI::App*> nouns;
  for (const AdminCommand& command : AdminCommands()) {
    if (command.verb.empty()) {
      AddCommand(*admin, command, common, exit_code);
      continue;
    }
    CLI::App*& noun = nouns[command.noun];
    if (!noun) {
      noun = admin->add_subcommand(std::string(command.noun), std::string(AboutNoun(command.noun)));
      noun->require_subcommand(1);
    }
    AddCommand(*noun, command, common, exit_code);
  }
  CLI::App* audit_export =
      nouns.at("audit")->add_subcommand("export", "the whole log, a record a line as it is hashed");
  auto file = std::make_shared<std::string>();
  audit_export->add_option("FILE", *file, "- is stdout")->required();
  audit_export->footer("Examples:\n  yun admin audit export audit.jsonl");
  audit_export->callback([common, file, &exit_code] { exit_code = ExitCode(ExportAudit(*common, *file)); });
}

}  // namespace yun::cli
