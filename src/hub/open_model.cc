#include "hub/store.h"

namespace yun::hub {
namespace {

Result<std::unique_ptr<Tokenizer>> MakeTokenizer(TokenizerFiles files) {
  if (!files.tokenizer_json.empty()) return Tokenizer::FromJson(files.tokenizer_json, files.tokenizer_config_json);
  if (files.gguf_tokens.empty()) return std::unique_ptr<Tokenizer>();
  GgufVocabulary vocabulary;
  vocabulary.model = std::move(files.gguf_model);
  vocabulary.pre = std::move(files.gguf_pre);
  vocabulary.tokens = std::move(files.gguf_tokens);
  vocabulary.merges = std::move(files.gguf_merges);
  vocabulary.token_types = std::move(files.gguf_token_types);
  vocabulary.bos_id = files.bos_id;
  vocabulary.eos_id = files.eos_id;
  vocabulary.add_bos = files.add_bos;
  vocabulary.add_eos = files.add_eos;
  return Tokenizer::FromGguf(std::move(vocabulary));
}

}  // namespace

Result<OpenedModel> OpenModel(const std::filesystem::path& path) {
  OpenedModel out;
  ASSIGN_OR_RETURN(std::unique_ptr<Checkpoint> checkpoint, Checkpoint::Open(path));

  auto files = checkpoint->Tokenizer();
  // A model without a tokenizer still computes: `yun debug forward` takes token ids.
  if (!files && files.error().code != Code::kNotFound) return Wrap(std::move(files.error()), path.string());
  if (files) {
    auto tokenizer = MakeTokenizer(std::move(*files));
    if (!tokenizer) return Wrap(std::move(tokenizer.error()), path.string() + ": tokenizer");
    out.tokenizer = std::move(*tokenizer);
  }

  if (const std::string source = checkpoint->ChatTemplate(); !source.empty()) {
    auto chat_template = ChatTemplate::Create(source, out.tokenizer ? ControlTokens(*out.tokenizer)
                                                                    : std::vector<std::string>());
    if (!chat_template) return Wrap(std::move(chat_template.error()), path.string() + ": chat template");
    out.chat_template = std::move(*chat_template);
    out.tool_style = ToolStyleOf(source);
  }
  out.checkpoint = std::move(checkpoint);
  return out;
}

}  // namespace yun::hub
