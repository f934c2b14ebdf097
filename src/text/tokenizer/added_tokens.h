// Added tokens (special and other) found in a text before BPE: leftmost, longest, with the white space they swallow.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/tokenizer/tokenizer.h"

namespace yun {

struct AddedToken {
  TokenId id = -1;
  std::string content;
  bool special = false;
  bool normalized = false;   // looked for after normalisation
  bool single_word = false;  // only where no word character stands next to it
  bool lstrip = false, rstrip = false;
};

class AddedTokens {
 public:
  /// The first of two tokens with the same content wins.
  void Add(const AddedToken& token);
  bool empty() const { return tokens_.empty(); }

  /// Cuts valid text: text(string_view) for what lies between, token(TokenId) for each token found, in order.
  /// No token is found across one of the `seams`, ascending offsets.
  template <class Text, class Token>
  void Split(std::string_view all, std::span<const std::size_t> seams, Text&& text, Token&& token) const {
    std::size_t done = 0, at = 0;
    while (!tokens_.empty() && (at = FirstCandidate(all, at)) < all.size()) {
      while (!seams.empty() && seams.front() <= at) seams = seams.subspan(1);
      const Match match = MatchAt(seams.empty() ? all : all.substr(0, seams.front()), at);
      if (match.token == nullptr) {
        ++at;
        continue;
      }
      std::size_t start = at, stop = at + match.bytes;
      at = stop;
      if (!Stands(*match.token, all, done, &start, &stop)) continue;
      if (start > done) text(all.substr(done, start - done));
      token(match.token->id);
      done = stop;
      at = at < done ? done : at;
    }
    if (done < all.size()) text(all.substr(done));
  }

  /// Where the next token's text begins, whatever surrounds it; the text's size when there is none.
  std::size_t FindFrom(std::string_view all, std::size_t from) const;

 private:
  struct Match {
    const AddedToken* token = nullptr;
    std::size_t bytes = 0;
  };
  std::size_t FirstCandidate(std::string_view all, std::size_t from) const;
  Match MatchAt(std::string_view all, std::size_t at) const;
  static bool Stands(const AddedToken& token, std::string_view all, std::size_t done, std::size_t* start,
                     std::size_t* stop);

  std::vector<AddedToken> tokens_;
  std::array<bool, 256> first_{};
  int only_first_ = -1;                                     // the one first byte all share, or -2
  std::unordered_map<std::uint64_t, std::uint32_t> edges_;  // trie: node << 8 | byte -> node; 0 is the root
  std::vector<std::int32_t> ends_{-1};                      // node -> index into tokens_, or -1
};

}  // namespace yun
