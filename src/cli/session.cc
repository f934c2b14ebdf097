#include "cli/session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "cli/kv_type.h"
#include "cli/packed_bytes.h"
#include "text/tokenizer/detokenizer.h"

namespace yun::cli {
namespace {

constexpr const char* kDefaultModel = "smollm2:135m";
// A terminal's reader wants sense rather than variety; used when the model names no temperature of its own.
constexpr float kTerminalTemperature = 0.7f;
constexpr auto kStopLatency = std::chrono::milliseconds(50);

/// $YUN_MODEL, the default model if it is there, or the only model there is.
Result<std::string> DefaultModel(const hub::Store& store) {
  if (const char* name = std::getenv("YUN_MODEL"); name && *name) return std::string(name);
  if (store.Has(kDefaultModel)) return std::string(kDefaultModel);
  const auto models = store.List();
  if (models.size() == 1) return models[0].name;
  if (models.empty()) {
    return Fail(Code::kNotFound, "there is no model on this machine yet: `yun pull {}` fetches a small one",
                kDefaultModel);
  }
  return Fail(Code::kInvalidArgument, "which model? say --model NAME (`yun list` shows those that are here)");
}

engine::SamplingParams Sampling(const Wish& wish, const ModelConfig& config) {
  engine::SamplingParams out;
  out.temperature = wish.temperature ? static_cast<float>(*wish.temperature)
                                     : config.default_temperature.value_or(kTerminalTemperature);
  out.top_p = wish.top_p ? static_cast<float>(*wish.top_p) : config.default_top_p.value_or(1.f);
  out.top_k = wish.top_k ? *wish.top_k : config.default_top_k.value_or(0);
  if (wish.min_p) out.min_p = static_cast<float>(*wish.min_p);
  if (wish.repetition_penalty) out.repetition_penalty = static_cast<float>(*wish.repetition_penalty);
  out.seed = wish.seed;
  return out;
}

}  // namespace

bool StdoutIsTerminal() { return ::isatty(STDOUT_FILENO) != 0; }

void PrintPiece(std::string_view piece) {
  static const bool terminal = StdoutIsTerminal();
  if (terminal) {
    std::string safe;
    for (const char c : piece) {
      const auto u = static_cast<unsigned char>(c);
      if ((u >= 0x20 && u != 0x7F) || c == '\n' || c == '\t') safe += c;
    }
    std::fwrite(safe.data(), 1, safe.size(), stdout);
  } else {
    std::fwrite(piece.data(), 1, piece.size(), stdout);
  }
  std::fflush(stdout);
}

void AddSessionFlags(CLI::App& command, SessionOptions& options, Wish& wish) {
  command.add_option("-m,--model", options.model,
                     "A model of the store, a GGUF file or a folder (default: $YUN_MODEL, or smollm2:135m)");
  command
      .add_option("--temperature", wish.temperature, "0: always the likeliest token (default: the model's own, or 0.7)")
      ->check(CLI::Range(0.0, 100.0));
  command.add_option("--top-p", wish.top_p, "Draw from the likeliest tokens of this share")
      ->check(CLI::Range(0.0, 1.0));
  command.add_option("--top-k", wish.top_k, "Draw from so many of the likeliest tokens; 0: from all")
      ->check(CLI::Range(0, 1 << 20));
  command.add_option("--min-p", wish.min_p, "Leave out tokens less likely than this share of the likeliest")
      ->check(CLI::Range(0.0, 1.0));
  command.add_option("--repetition-penalty", wish.repetition_penalty, "Above 1: repeat less")
      ->check(CLI::Range(0.01, 100.0));
  command.add_option("--seed", wish.seed, "The same seed gives the same answer");
  command.add_option("--max-tokens", wish.max_tokens, "Longest answer, in tokens; 0: as far as the context goes");
  command.add_option("--stop", wish.stop, "End the answer before this text; may be given several times");
  command.add_flag_callback(
      "--think", [&wish] { wish.think = true; }, "Let a model that can think before it answers do so");
  command.add_flag_callback("--no-think", [&wish] { wish.think = false; }, "Have it answer at once");
  command.add_option("--context", options.context_tokens, "Longest conversation, in tokens; 0: the model's own");
  command.add_option("--threads", options.threads, "0: one a physical core")->check(CLI::Range(0, 1024));
  AddKvType(command, options.cache_type);
  AddPackedBytes(command, options.packed_bytes);
}

std::string Describe(const Heard& heard) {
  const engine::Usage& u = heard.usage;
  const double decode_s = static_cast<double>(u.decode_us) * 1e-6;
  const double rate =
      u.generated_tokens > 1 && decode_s > 0 ? static_cast<double>(u.generated_tokens - 1) / decode_s : 0;
  const double prefill_s = static_cast<double>(u.prefill_us) * 1e-6;
  const auto computed = static_cast<double>(u.prompt_tokens - u.cached_tokens);
  return fmt::format("{} tokens, {:.1f} tokens/s, first after {:.0f} ms; prompt {} tokens ({} cached){}",
                     u.generated_tokens, rate, static_cast<double>(u.queue_us + u.prefill_us) * 1e-3, u.prompt_tokens,
                     u.cached_tokens, prefill_s > 0 ? fmt::format(", {:.0f} tokens/s", computed / prefill_s) : "");
}

Result<std::unique_ptr<Session>> Session::Open(const SessionOptions& options) {
  ASSIGN_OR_RETURN(const hub::Store store, hub::Store::Open(hub::HomeFolder()));
  auto session = std::unique_ptr<Session>(new Session);
  session->name_ = options.model;
  if (session->name_.empty()) {
    ASSIGN_OR_RETURN(session->name_, DefaultModel(store));
  }
  ASSIGN_OR_RETURN(const auto path, hub::ResolveModel(store, session->name_));
  ASSIGN_OR_RETURN(session->model_, hub::OpenModel(path));
  if (!session->model_.tokenizer)
    return Fail(Code::kUnsupported, "{}: the model has no tokenizer, so it cannot read text", session->name_);
  if (!session->model_.checkpoint->has_weights())
    return Fail(Code::kUnsupported, "{}: a tokenizer without a model's weights", path.string());

  engine::EngineOptions engine_options;
  engine_options.threads = options.threads;
  engine_options.cache_type = options.cache_type;
  engine_options.context_tokens = options.context_tokens;
  engine_options.running_max = 1;
  engine_options.packed = {hub::HomeFolder() / engine::kPackedFolder, session->name_, options.packed_bytes};
  const bool terminal = ::isatty(STDERR_FILENO) != 0;
  if (terminal) {
    engine_options.on_load = [name = session->name_](double done) {
      std::fprintf(stderr, "\rloading %s  %3.0f %%", name.c_str(), 100 * done);
      std::fflush(stderr);
    };
  }
  auto engine = engine::Engine::Create(session->model_.checkpoint, engine_options);
  if (terminal) std::fprintf(stderr, "\r\033[K");
  if (!engine) return Wrap(std::move(engine.error()), session->name_);
  session->engine_ = std::move(*engine);
  return session;
}

Result<PromptText> Session::Render(const boost::json::array& messages, const Wish& wish) const {
  if (!model_.chat_template) {
    return Fail(Code::kUnsupported,
                "{} has no chat template: it continues texts but does not converse (`yun run --raw`)", name_);
  }
  RenderOptions options;
  options.bos_token = model_.tokenizer->Bytes(model_.tokenizer->bos_id());
  options.eos_token = model_.tokenizer->Bytes(model_.tokenizer->eos_id());
  if (wish.think) options.variables["enable_thinking"] = *wish.think;
  return model_.chat_template->Render(messages, {}, options);
}

Result<Heard> Session::Answer(const PromptText& prompt, const Wish& wish, const std::atomic<bool>& stop,
                              const std::function<void(std::string_view)>& piece) {
  engine::GenerateRequest request;
  request.prompt = Tokens(prompt);
  if (request.prompt.empty()) return Fail(Code::kInvalidArgument, "there is nothing to answer");
  const std::uint32_t context = engine_->context_tokens();
  if (request.prompt.size() >= context) {
    return Fail(Code::kTooLarge, "the conversation has {} tokens, but {} reads at most {}, the answer included",
                request.prompt.size(), name_, context);
  }
  const auto room = static_cast<std::uint32_t>(context - request.prompt.size());
  request.max_tokens = wish.max_tokens == 0 ? room : std::min(wish.max_tokens, room);
  request.sampling = Sampling(wish, engine_->config());

  // Outlives the stream's last call: shared with its callback.
  struct Bell {
    std::mutex mutex;
    std::condition_variable rung;
    bool ready = false;
  };
  auto bell = std::make_shared<Bell>();
  ASSIGN_OR_RETURN(const auto stream, engine_->Submit(std::move(request)));
  stream->OnReady([bell] {
    std::lock_guard lock(bell->mutex);
    bell->ready = true;
    bell->rung.notify_one();
  });

  Heard heard;
  Detokenizer detokenizer(*model_.tokenizer, wish.stop);
  const auto give = [&](std::string text) {
    if (text.empty()) return;
    piece(text);
    heard.text += text;
  };
  while (true) {
    {
      std::unique_lock lock(bell->mutex);
      bell->rung.wait_for(lock, kStopLatency, [&] { return bell->ready; });
      bell->ready = false;
    }
    if (stop.load() && !stream->cancelled()) stream->Cancel();
    for (const engine::TokenEvent& event : stream->Take()) {
      if (!detokenizer.stopped()) give(detokenizer.Push(event.id));
    }
    if (detokenizer.stopped() && !stream->cancelled()) stream->Cancel();
    if (const auto end = stream->Ended()) {
      if (end->reason == engine::FinishReason::kError) return tl::unexpected<Error>(end->error);
      give(detokenizer.Finish());
      heard.reason = detokenizer.stopped() ? engine::FinishReason::kStop : end->reason;
      heard.usage = end->usage;
      return heard;
    }
  }
}

}  // namespace yun::cli
