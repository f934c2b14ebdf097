// Models without weights worth the name behind the whole server, for tests and measurements of all that is not
// arithmetic: `yun serve --model scripted:NAME[,tokens=N][,step_us=N]` answers with letters, from an engine that
// computes nothing and so carries many thousands at once; `scripted:NAME,replies=FILE.json[,model=PATH][,step_us=N]`
// says what FILE tells it to, through the real engine (server/scripted_replies.h).
#pragma once
#include <memory>
#include <string_view>

#include "base/result.h"
#include "server/service.h"

namespace yun::server {

inline constexpr std::string_view kScriptedPrefix = "scripted:";

/// `spec` after the prefix: "NAME,tokens=8,step_us=0", or without NAME where `id` says it. One token comes in
/// `step_us`, letters are 1 to `tokens`. Tokenizer and chat template are those of `model`, a folder or GGUF file whose
/// weights are not read; without it a token is a byte, and the prompt is "role: text" lines.
/// errors: kInvalidArgument; of FILE and PATH as reading them
Result<std::shared_ptr<Model>> MakeScriptedModel(std::string_view id, std::string_view spec);

}  // namespace yun::server
