// A model loaded into this process, and conversations with it: what `run` and `chat` share.
#pragma once
#include <atomic>
#include <boost/json.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"
#include "hub/store.h"

namespace CLI {
class App;
}

namespace yun::cli {

/// How to answer. What is not set is the model's own default.
struct Wish {
  std::optional<double> temperature, top_p, min_p, repetition_penalty;
  std::optional<std::int32_t> top_k;
  std::optional<std::uint64_t> seed;
  std::uint32_t max_tokens = 0;  // 0: as far as the context goes
  std::vector<std::string> stop;
  std::optional<bool> think;  // the template's enable_thinking
};

struct SessionOptions {
  std::string model;  // a name or a path; empty: see DefaultModel
  std::uint32_t context_tokens = 0;
  int threads = 0;
  engine::CacheType cache_type = engine::CacheType::kF16;
  std::optional<std::uint64_t> packed_bytes;  // as PackedPlace
};

/// Adds --model, --temperature, --max-tokens and the others to a command.
void AddSessionFlags(CLI::App& command, SessionOptions& options, Wish& wish);

/// One answer, whole.
struct Heard {
  std::string text;
  engine::FinishReason reason = engine::FinishReason::kNone;
  engine::Usage usage;
};

/// "128 tokens, 45.3 tokens/s, first after 120 ms; prompt 34 tokens (16 cached)"
std::string Describe(const Heard& heard);

class Session {
 public:
  /// Loads a model, with progress on stderr when that is a terminal.
  /// errors: as hub::ResolveModel, hub::OpenModel, engine::Engine::Create; kUnsupported (no tokenizer)
  static Result<std::unique_ptr<Session>> Open(const SessionOptions& options);

  /// The prompt of a conversation (OpenAI's messages), as the model reads it.
  /// errors: kUnsupported (no chat template), as ChatTemplate::Render
  Result<PromptText> Render(const boost::json::array& messages, const Wish& wish) const;
  std::vector<TokenId> Tokens(const PromptText& prompt) const {
    return model_.tokenizer->Encode(prompt.text, true, prompt.seams);
  }

  /// Answers a rendered prompt; `piece` gets the text as it comes. Stops soon after `*stop` becomes true: the answer
  /// so far is then a good one, with reason kAborted.
  /// errors: as Engine::Submit
  Result<Heard> Answer(const PromptText& prompt, const Wish& wish, const std::atomic<bool>& stop,
                       const std::function<void(std::string_view)>& piece);

  const std::string& name() const { return name_; }
  const engine::Engine& engine() const { return *engine_; }
  bool has_template() const { return model_.chat_template != nullptr; }

 private:
  std::string name_;
  hub::OpenedModel model_;
  std::unique_ptr<engine::Engine> engine_;
};

/// Writes model text to stdout at once; on a terminal without control characters that could steer it.
void PrintPiece(std::string_view piece);
bool StdoutIsTerminal();

}  // namespace yun::cli
