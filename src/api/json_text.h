// Pieces of JSON text that the writers of more than one dialect need.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "api/answer.h"

namespace yun::api {

/// A JSON string.
std::string Quote(std::string_view text);

/// The text, with '?' for each byte that is no part of UTF-8: of errors, which quote what was cut anywhere.
std::string ValidText(std::string_view text);

/// A token's text; bytes that are no text are written out as \xNN after `prefix`, as OpenAI does.
std::string TokenName(const std::string& bytes, std::string_view prefix);
/// What JSON can hold of a logarithmic probability: -9999 at least, OpenAI's word for never.
double WritableLogprob(double logprob);
/// [{"token", "logprob", "bytes", "top_logprobs": [...]}, ...]
std::string TokenLogprobs(const std::vector<LogprobEntry>& entries);

}  // namespace yun::api
