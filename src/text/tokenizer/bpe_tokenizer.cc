#include "text/tokenizer/bpe_tokenizer.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <utility>

#include "text/unicode/nfc.h"
#include "text/unicode/utf8.h"

namespace yun {
namespace {

// English gives about 4.5 bytes a token, Chinese about 4: a guess a little too many avoids growing the vector.
constexpr std::size_t kBytesPerTokenGuess = 3;

// This thread's cache for a tokenizer. Few tokenizers live at a time; the one longest not used makes room.
WordCache& CacheOf(std::uint64_t tokenizer) {
  struct Entry {
    std::uint64_t tokenizer = 0;
    std::unique_ptr<WordCache> cache;
  };
  thread_local std::array<Entry, 4> entries;  // the one last used first
  if (entries[0].tokenizer != tokenizer) {
    auto at = std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.tokenizer == tokenizer; });
    if (at == entries.end()) {
      at = entries.end() - 1;
      *at = {tokenizer, std::make_unique<WordCache>()};
    }
    std::rotate(entries.begin(), at, at + 1);
  }
  return *entries[0].cache;
}

std::uint64_t NextIdentity() {
  static std::atomic<std::uint64_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);
}

class BpeTokenizer final : public Tokenizer {
 public:
  explicit BpeTokenizer(TokenizerParts parts) : parts_(std::move(parts)), identity_(NextIdentity()) {
    // With ignore_merges a piece may be a token as it stands: text must not reach a special one that way.
    for (const AddedToken& token : parts_.added) {
      if (token.special && Bytes(token.id).size() > 1) parts_.vocab.Hide(token.id);
    }
    parts_.vocab.Index();
    parts_.bpe.Finish(&parts_.vocab, parts_.options);
    special_.resize(static_cast<std::size_t>(parts_.vocab.size()));
    for (AddedToken& token : parts_.added) {
      if (token.special) special_[static_cast<std::size_t>(token.id)] = true;
      by_text_.try_emplace(token.content, token.id);
      if (token.normalized) {
        if (parts_.nfc) token.content = unicode::Nfc(token.content);
        normalized_.Add(token);
      } else {
        plain_.Add(token);
      }
    }
    parts_.added = {};
  }

  std::vector<TokenId> Encode(std::string_view text, bool parse_special,
                              std::span<const std::size_t> seams) const override {
    std::vector<TokenId> out;
    if (text.empty()) return out;
    if (!unicode::IsValid(text)) {
      const std::string mended = unicode::ReplaceInvalid(text);
      out.reserve(mended.size() / kBytesPerTokenGuess + 8);
      EncodeValid(mended, parse_special && seams.empty(), {}, &out);
    } else {
      out.reserve(text.size() / kBytesPerTokenGuess + 8);
      EncodeValid(text, parse_special, seams, &out);
    }
    return out;
  }

  std::string_view Bytes(TokenId id) const override { return parts_.vocab.Bytes(id); }

  std::string Decode(std::span<const TokenId> ids, bool skip_special) const override {
    std::string bytes;
    for (const TokenId id : ids) {
      if (!(skip_special && IsSpecial(id))) bytes += Bytes(id);
    }
    return unicode::IsValid(bytes) ? bytes : unicode::ReplaceInvalid(bytes);
  }

  bool IsSpecial(TokenId id) const override {
    return id >= 0 && static_cast<std::size_t>(id) < special_.size() && special_[static_cast<std::size_t>(id)];
  }
  TokenId Find(std::string_view text) const override {
    const auto at = by_text_.find(std::string(text));
    return at != by_text_.end() ? at->second : parts_.vocab.Find(text);
  }
  std::int32_t size() const override { return parts_.vocab.size(); }
  TokenId bos_id() const override { return parts_.bos_id; }
  TokenId eos_id() const override { return parts_.eos_id; }
  bool add_bos() const override { return parts_.add_bos; }
  TokenId end_id() const override { return parts_.end_id; }

 private:
  void EncodeValid(std::string_view text, bool parse_special, std::span<const std::size_t> seams,
                   std::vector<TokenId>* out) const {
    WordCache& cache = CacheOf(identity_);
    const auto plain = [&](std::string_view piece) {
      const bool changes = parts_.nfc && !unicode::IsNfcQuick(piece);
      std::vector<std::size_t> inside;
      if (!normalized_.empty() && !seams.empty())
        inside = SeamsWithin(piece, static_cast<std::size_t>(piece.data() - text.data()), seams, changes);
      if (changes) {
        const std::string normal = unicode::Nfc(piece);
        EncodeNormal(normal, parse_special, inside, cache, out);
      } else {
        EncodeNormal(piece, parse_special, inside, cache, out);
      }
    };
    if (!parse_special || plain_.empty()) return plain(text);
    plain_.Split(text, seams, plain, [&](TokenId id) { out->push_back(id); });
  }

  /// The seams of a piece that begins at `begin`, from its own begin on; where it `changes`, in its normal form.
  static std::vector<std::size_t> SeamsWithin(std::string_view piece, std::size_t begin,
                                              std::span<const std::size_t> seams, bool changes) {
    std::vector<std::size_t> out;
    std::size_t done = 0, bytes = 0;
    for (auto seam = std::upper_bound(seams.begin(), seams.end(), begin);
         seam != seams.end() && *seam - begin < piece.size(); ++seam) {
      const std::string_view part = piece.substr(done, *seam - begin - done);
      bytes += changes ? unicode::Nfc(part).size() : part.size();
      out.push_back(bytes);
      done = *seam - begin;
    }
    return out;
  }

  void EncodeNormal(std::string_view text, bool parse_special, std::span<const std::size_t> seams, WordCache& cache,
                    std::vector<TokenId>* out) const {
    const auto words = [&](std::string_view piece) {
      const auto first = reinterpret_cast<std::uintptr_t>(piece.data());
      parts_.pre_tokenizer.Run(piece, [&](const char* p, std::size_t n) {
        // A piece of another buffer (a prefix space was put before it) is at no place of ours: read just its n bytes.
        const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(p) - first;
        parts_.bpe.Encode(p, n, offset < piece.size() ? piece.size() - offset : n, cache, out);
      });
    };
    if (!parse_special || normalized_.empty()) return words(text);
    normalized_.Split(text, seams, words, [&](TokenId id) { out->push_back(id); });
  }

  TokenizerParts parts_;
  std::uint64_t identity_;
  AddedTokens plain_, normalized_;
  std::vector<bool> special_;
  std::unordered_map<std::string, TokenId> by_text_;
};

}  // namespace

std::unique_ptr<Tokenizer> MakeTokenizer(TokenizerParts parts) {
  return std::make_unique<BpeTokenizer>(std::move(parts));
}

}  // namespace yun
