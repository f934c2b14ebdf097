// What may be generated next, as the engine sees it. grammar/ implements it; the server puts it on a request.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"

namespace yun::engine {

/// State of one constrained request. thread: the engine thread
class Grammar {
 public:
  virtual ~Grammar() = default;

  /// Sets mask[id / 32] bit id % 32 for each token that may come next and clears the others; at least one is set.
  /// End tokens are set where the text may end, and are alone once it must.
  /// shapes: mask [(vocab + 31) / 32], bits past vocab are not read; vocab is the model's, at least the tokenizer's
  /// errors: kTooLarge (over a limit of work or size: end the request)
  virtual Status Mask(std::span<std::uint32_t> mask) = 0;
  /// Takes a committed token. errors: kInvalidArgument when it is not permitted (the state stays), kTooLarge
  virtual Status Accept(std::int32_t token) = 0;
  /// How many of `draft` tokens in order the grammar permits from here; state unchanged.
  virtual std::size_t Valid(std::span<const std::int32_t> draft) = 0;
  /// Tokens that must come next, if the grammar leaves no choice (for speculation); may be empty. State unchanged.
  virtual std::vector<std::int32_t> Forced() = 0;
  /// Nothing but an end token may follow.
  virtual bool Finished() const = 0;
  /// The same state, on its own from here on.
  virtual std::unique_ptr<Grammar> Clone() const = 0;
};

}  // namespace yun::engine
