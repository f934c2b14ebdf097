// yun serve: the cloud on this machine.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/kv_type.h"
#include "cli/packed_bytes.h"
#include "cli/policy.h"
#include "engine/limits.h"
#include "hub/store.h"
#include "net/http/client.h"
#include "server/app.h"
#include "server/shutdown.h"

namespace yun::cli {
namespace {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;

constexpr const char* kDefaultModel = "smollm2:135m";
constexpr std::uint32_t kDemoTokensMax = 256;

struct Options {
  server::AppOptions app;
  std::vector<std::string> positional;
  std::string home, demo;
  bool once = false;
  std::FILE* notes = stdout;  // with --once stdout is for the answer alone
};

double Seconds(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

/// Draws "loading name  42 %" in place on a terminal; nothing elsewhere.
void ShowLoad(std::FILE* out, std::string_view model, double done) {
  if (!::isatty(::fileno(out))) return;
  std::fprintf(out, "\rloading %.*s  %3.0f %%", static_cast<int>(model.size()), model.data(), 100 * done);
  if (done >= 1) std::fprintf(out, "\r\033[K");
  std::fflush(out);
}

/// What the demo reads from its own server's stream.
struct Heard {
  std::string buffer;  // an event not yet whole
  std::string error;
  bool any = false;
  Clock::time_point first, last;
  std::uint64_t tokens = 0;

  void Event(std::string_view data) {
    json::error_code ec;
    const json::value value = json::parse(data, ec);
    if (ec) return;
    if (const json::value* e = value.find_pointer("/error", ec)) error = json::serialize(*e);
    if (const json::value* n = value.find_pointer("/usage/completion_tokens", ec); n && n->is_int64())
      tokens = static_cast<std::uint64_t>(n->get_int64());
    const json::value* content = value.find_pointer("/choices/0/delta/content", ec);
    if (!content || !content->is_string() || content->get_string().empty()) return;
    last = Clock::now();
    if (!any) first = last;
    any = true;
    std::fwrite(content->get_string().data(), 1, content->get_string().size(), stdout);
    std::fflush(stdout);
  }

  bool Bytes(std::string_view bytes) {
    buffer += bytes;
    for (std::size_t end; (end = buffer.find("\n\n")) != std::string::npos; buffer.erase(0, end + 2)) {
      const std::string_view event = std::string_view(buffer).substr(0, end);
      if (event.starts_with("data: ") && event != "data: [DONE]") Event(event.substr(6));
    }
    return true;
  }
};

/// Asks the running server one question over HTTP and prints the answer as it comes.
Status Demo(server::App& app, const std::string& model, const Options& options, const std::atomic<bool>* cancel) {
  http::FetchRequest ask;
  ask.url = app.url() + "/v1/chat/completions";
  ask.method = "POST";
  ask.headers = {{"authorization", "Bearer " + app.service().cloud->directory->MakeTemporaryKey("demo").Reveal()},
                 {"content-type", "application/json"}};
  ask.body =
      json::serialize(json::object{{"model", model},
                                   {"messages", json::array{json::object{{"role", "user"}, {"content", options.demo}}}},
                                   {"stream", true},
                                   {"stream_options", json::object{{"include_usage", true}}},
                                   {"temperature", 0},
                                   {"max_tokens", kDemoTokensMax}});
  ask.own_server = true;
  ask.stall_seconds_max = 600;  // a large model on a slow machine reads the prompt for long
  ask.cancel = cancel;
  if (!options.once) std::fprintf(options.notes, "\nyou:  %s\n%s: ", options.demo.c_str(), model.c_str());
  std::fflush(options.notes);
  Heard heard;
  const Clock::time_point start = Clock::now();
  ASSIGN_OR_RETURN(const http::FetchResponse answer,
                   http::Fetch(ask, [&](std::string_view bytes) { return heard.Bytes(bytes); }));
  std::printf("\n");
  std::fflush(stdout);
  if (answer.status != 200) return Fail(Code::kInternal, "the server answered {}: {}", answer.status, answer.body);
  if (!heard.error.empty()) return Fail(Code::kInternal, "the server broke its answer off: {}", heard.error);
  const double decode = Seconds(heard.first, heard.last);
  if (heard.any)
    std::fprintf(options.notes, "      %.0f ms to the first token, %.1f tokens/s, %llu tokens\n",
                 1000 * Seconds(start, heard.first),
                 heard.tokens > 1 && decode > 0 ? static_cast<double>(heard.tokens - 1) / decode : 0.0,
                 static_cast<unsigned long long>(heard.tokens));
  return {};
}

void SetSpeculation(server::AppOptions& options, const std::string& how) {
  options.speculation = how == "off"     ? engine::Speculation::kOff
                        : how == "ngram" ? engine::Speculation::kNgram
                                         : engine::Speculation::kDraft;
  options.draft = options.speculation == engine::Speculation::kDraft ? how : "";
}

void PrintHowToAsk(const server::App& app, const std::string& model) {
  const std::string& key = app.made_key().Reveal();
  std::printf("\nlistening on %s  (OpenAI base URL: %s/v1)\n", app.url().c_str(), app.url().c_str());
  if (!key.empty())
    std::printf("API key: %s\n         shown this once; `yun serve --new-key` makes another\n", key.c_str());
  else
    std::printf("API key: the one shown at the first start; `yun serve --new-key` makes another\n");
  if (const std::string& link = app.made_link().Reveal(); !link.empty())
    std::printf("owner:   sign in once, within a day, at %s\n", link.c_str());
  std::printf(
      "\ntry:\n  curl %s/v1/chat/completions -H \"Authorization: Bearer %s\" \\\n"
      "    -H 'Content-Type: application/json' "
      "-d '{\"model\": \"%s\", \"messages\": [{\"role\": \"user\", \"content\": \"Hello!\"}]}'\n\n",
      app.url().c_str(), key.empty() ? "$YUN_API_KEY" : key.c_str(), model.c_str());
  std::printf("Ctrl-C stops.\n");
  std::fflush(stdout);
}

int Run(Options& options) {
  server::Shutdown shutdown;  // before any other thread
  server::AppOptions& o = options.app;
  o.home = options.home.empty() ? hub::HomeFolder() : std::filesystem::path(options.home);
  o.models.insert(o.models.begin(), options.positional.begin(), options.positional.end());
  const bool by_default = o.models.empty();
  if (by_default) o.models = {kDefaultModel};
  if (options.once) options.notes = stderr, o.passing = true;  // a server may be running already
  o.on_load = [out = options.notes](std::string_view model, double done) { ShowLoad(out, model, done); };

  const auto failed = [](const Error& error) {
    std::fprintf(stderr, "yun serve: %s\n", error.message.c_str());
    return 1;
  };
  auto app = server::App::Create(o);
  if (!app) return failed(app.error());
  const Clock::time_point start = Clock::now();
  if (Status loaded = (*app)->Load(); !loaded) {
    failed(loaded.error());
    if (by_default && loaded.error().code == Code::kNotFound)
      std::fprintf(stderr,
                   "The default model is not on this machine yet. `./run` fetches it; or `yun pull %s`, or\n"
                   "`yun import FILE.gguf %s`. To serve another: yun serve NAME_OR_PATH\n",
                   kDefaultModel, kDefaultModel);
    return 1;
  }
  shutdown.Orderly();
  const auto models = (*app)->service().Models();
  for (const auto& model : models) {
    if (model->adapter) {
      std::fprintf(options.notes, "serving %s: an adapter of %s\n", model->id.c_str(), model->base.c_str());
      continue;
    }
    const engine::EngineStats stats = model->engine->Stats();
    std::fprintf(options.notes, "serving %s: %.0f MB of weights, %.0f MB of cache, context %u, %s\n", model->id.c_str(),
                 static_cast<double>(stats.weight_bytes) / 1e6, static_cast<double>(stats.cache_bytes) / 1e6,
                 model->engine->context_tokens(), stats.kernels.c_str());
  }
  std::fprintf(options.notes, "ready in %.2f s\n", Seconds(start, Clock::now()));

  int code = 0;
  if (!options.demo.empty()) {
    const Status told = Demo(**app, models.front()->id, options, shutdown.flag());
    if (!told && !shutdown.asked()) code = failed(told.error());
  }
  if (!options.once) {
    code = 0;  // the server runs, whatever its demonstration did
    PrintHowToAsk(**app, models.front()->id);
    shutdown.OnReload([&server = **app] { server.Reload(); });
    shutdown.Wait();
    shutdown.OnReload({});
    std::printf("stopping: running answers may take up to %u s more; Ctrl-C again stops now\n", o.drain_seconds_max);
    std::fflush(stdout);
  }
  (*app)->Drain();
  return code;
}

}  // namespace

void RegisterServe(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("serve", "Serve models over an OpenAI-compatible API");
  server::AppOptions& o = options->app;
  c->add_option("models", options->positional,
                "Names of the model store, paths to a GGUF file or a folder, or NAME=PATH");
  c->add_option("--model", o.models, "As above; may be given several times")->allow_extra_args(false);
  c->add_option("--adapter", o.adapters,
                "An adapter (LoRA) as a model of its own, <base>+NAME: PEFT's folder or a GGUF file; base may be left "
                "out where one model is served. May be given again")
      ->allow_extra_args(false)
      ->type_name("NAME=PATH[,base=MODEL]");
  c->add_option("--host", o.address, "Address to listen on")->capture_default_str();
  CLI::Option* port = c->add_option("--port", o.port, "Port to listen on; 0 takes any free one")->capture_default_str();
  c->add_option("--threads", o.threads, "Threads of the engine; 0: one a physical core")->check(CLI::Range(0, 512));
  c->add_option("--context", o.context_tokens, "Tokens of one request, prompt and answer together; 0: the model's own");
  c->add_option("--cache-bytes", o.cache_bytes, "Memory for keys and values, e.g. 2GB; 0: chosen from the model")
      ->transform(CLI::AsSizeValue(false));
  c->add_option("--memory", o.memory_bytes,
                "For weights and caches of all models together, e.g. 8GB; 0: no bound. Weights then come when they are "
                "asked for, and those used longest ago give way (see yun ps)")
      ->transform(CLI::AsSizeValue(false));
  c->add_option("--pin", o.pinned, "A model whose weights never give way; may be given again")
      ->allow_extra_args(false)
      ->type_name("MODEL");
  c->add_option("--switching", o.switches_tokens,
                "token: where not all models with work fit, each has its turn; request: a model keeps its place as "
                "long as it has work")
      ->transform(CLI::CheckedTransformer(std::map<std::string, bool>{{"token", true}, {"request", false}}))
      ->type_name("token|request");
  c->add_option("--precision", o.precision,
                "auto: integer products; f32: slower, exact to float32")
      ->transform(CLI::CheckedTransformer(std::map<std::string, engine::Precision>{{"auto", engine::Precision::kAuto},
                                                                                   {"f32", engine::Precision::kF32}}))
      ->type_name("auto|f32");
  AddKvType(*c, o.cache_type);
  AddPackedBytes(*c, o.packed_bytes);
  c->add_option("--kv-disk-bytes", o.kv_disk_bytes,
                "What cached keys and values of all models may take of the disk, e.g. 10GB: prefixes and idle "
                "conversations that memory has no room for, also after a restart; 0: none (default)")
      ->transform(CLI::AsSizeValue(false))
      ->envname("YUN_KV_DISK_BYTES")
      ->type_name("BYTES");
  c->add_option("--kv-key-file", o.kv_key_file,
                "The key that they are encrypted with: a file of 64 hex digits a line, of which the last is used "
                "(default: they are not encrypted)")
      ->envname("YUN_KV_KEY_FILE")
      ->type_name("FILE");
  c->add_option("--parallel,--running-max", o.running_max, "Requests computed together")
      ->check(CLI::Range(1u, 4096u))
      ->capture_default_str();
  c->add_option("--queue,--waiting-max", o.waiting_max, "Requests that may wait; more get 429")
      ->check(CLI::Range(1u, 1000000u))
      ->capture_default_str();
  c->add_option("--step-tokens", o.step_tokens_max,
                "Rows of one step: fewer, and a long prompt slows running answers less and takes longer itself")
      ->check(CLI::Range(1u, engine::kStepTokensLimit))
      ->capture_default_str();
  c->add_flag("!--no-prefix-cache", o.policy.prefix_cache, "Compute every prompt anew");
  c->add_flag("--share-prefix-cache", o.share_prefix_cache,
              "One prefix cache for all keys. Times then tell a caller what others have asked: for trusted users");
  c->add_flag("--deterministic", o.deterministic,
              "The same bits for the same request and seed, whatever else is being computed; somewhat slower");
  c->add_option_function<std::string>(
       "--speculate", [&o](const std::string& how) { SetSpeculation(o, how); },
       "off; ngram: guess ahead from what the text has said; or a small model's name or path, of the same vocabulary")
      ->type_name("off|ngram|MODEL");
  c->add_option_function<std::string>(
       "--policy",
       [&o](const std::string& text) {
         if (const Status set = ParsePolicy(text, o.policy); !set)
           throw CLI::ValidationError("--policy", set.error().message);
       },
       "To compare scheduling policies: fair=off (first come first served), chunked=off (a prompt is computed whole, "
       "running answers wait), paged=off (the cache is reserved for the longest answer); several with commas")
      ->type_name("NAME=on|off,...");
  c->add_option("--metrics", o.metrics,
                "Who may read /metrics: local: this machine (and what a proxy on it passes on without saying so); "
                "key: also an operator with a key; open: everybody")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, server::MetricsAccess>{{"local", server::MetricsAccess::kLocal},
                                                       {"key", server::MetricsAccess::kKey},
                                                       {"open", server::MetricsAccess::kOpen}}))
      ->type_name("local|key|open");
  CLI::Option* certificate =
      c->add_option("--tls-cert", o.tls_certificate, "Speak TLS: a PEM file, the certificate and its chain; read again "
                                                     "when it changes")
          ->type_name("FILE");
  CLI::Option* key =
      c->add_option("--tls-key", o.tls_key, "The certificate's private key, a PEM file")->type_name("FILE");
  certificate->needs(key);
  key->needs(certificate);
  c->add_option("--trusted-proxy", o.trusted_proxies,
                "An address or CIDR range whose X-Forwarded-For and X-Forwarded-Proto are believed; may be given again")
      ->allow_extra_args(false)
      ->type_name("CIDR");
  c->add_option("--cors-origin", o.cors_origins,
                "An origin whose web pages may call the data routes with a key, as https://app.example.org; '*': any. "
                "May be given again")
      ->allow_extra_args(false)
      ->type_name("ORIGIN");
  c->add_option("--address-rate", o.address_requests_per_second,
                "Requests a second that one network address may send, whoever asks; 0: any number")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1000000}))
      ->capture_default_str();
  c->add_option("--body-bytes-max", o.body_bytes_max, "The largest body of a request")
      ->transform(CLI::AsSizeValue(false));
  c->add_option("--header-bytes-max", o.header_bytes_max, "Request line and headers together")
      ->check(CLI::Range(1024u, 1u << 20));
  c->add_option("--connections-max", o.connections_max, "Open at the same time")->check(CLI::Range(1u, 1000000u));
  c->add_option("--drain", o.drain_seconds_max, "Seconds that running answers get after SIGTERM")
      ->check(CLI::Range(0u, 86400u))
      ->capture_default_str();
  c->add_option("--home", options->home, "Folder of models and keys (default: $YUN_HOME, else ~/.local/share/yun)");
  c->add_option("--database", o.database,
                "Where accounts, keys and money are kept: a SQLite file, or postgres://... (default: cloud.db in the "
                "home folder)")
      ->type_name("URL");
  c->add_option("--vault-key", o.vault_key,
                "The key that secrets and prompts in the database are sealed with: a file of 64 hex digits a line, of "
                "which the last seals (default: vault.key in the home folder, made by the first start)")
      ->envname("YUN_VAULT_KEY")
      ->type_name("FILE");
  c->add_option("--public-url", o.auth.public_url, "How browsers reach this server, e.g. https://cloud.example.com")
      ->type_name("URL");
  c->add_option("--oidc-issuer", o.auth.oidc_issuer,
                "An OpenID Connect provider that people sign in with; its redirect address is <public-url>"
                "/auth/oidc/callback")
      ->type_name("URL");
  c->add_option("--oidc-client", o.auth.oidc_client_id, "This server's name at the provider")->type_name("ID");
  c->add_option("--oidc-secret-file", o.auth.oidc_secret_file, "Holds this server's secret at the provider")
      ->type_name("FILE");
  c->add_option("--oidc-email-domain", o.auth.oidc_email_domains, "Lets in only addresses of it; may be given again")
      ->allow_extra_args(false);
  c->add_option("--currency", o.currency, "Of the account that the first start makes, e.g. CNY")->capture_default_str();
  c->add_flag("--new-key", o.new_key, "Make another API key and show it");
  CLI::Option* demo = c->add_option("--demo", options->demo, "Ask this question over HTTP once the server is up");
  c->add_flag("--once", options->once, "With --demo: print the answer and exit")->needs(demo);
  c->footer(
      "Examples:\n"
      "  yun serve                                  the default model on 127.0.0.1:8460\n"
      "  yun serve qwen3:0.6b --host 0.0.0.0        another one, for the whole network\n"
      "  yun serve mine=./model.gguf --port 9000    a file, under a name\n"
      "  yun serve --demo 'What is the capital of France?' --once\n");
  c->callback([options, port, &exit_code] {
    if (options->once && port->count() == 0) options->app.port = 0;
    exit_code = Run(*options);
  });
}

}  // namespace yun::cli
