#include "text/tokenizer/bpe.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace yun {
namespace {

/// A random vocabulary over a few letters, and its rule applied in the plainest way.
struct Case {
  Vocab vocab;
  Bpe bpe;
  std::map<std::pair<TokenId, TokenId>, std::pair<int, TokenId>> rules;
  std::string letters;

  Case(std::mt19937& random, const std::string& alphabet, int merges, Bpe::Options options) : letters(alphabet) {
    std::vector<std::string> tokens;
    std::map<std::string, TokenId> ids;
    const auto add = [&](const std::string& text) {
      const auto [at, fresh] = ids.try_emplace(text, static_cast<TokenId>(tokens.size()));
      if (fresh) tokens.push_back(text);
      return at->second;
    };
    for (const char c : alphabet) add(std::string(1, c));
    for (int rank = 0; rank < merges;) {
      const auto a = static_cast<TokenId>(random() % tokens.size()), b = static_cast<TokenId>(random() % tokens.size());
      const std::string both = tokens[static_cast<std::size_t>(a)] + tokens[static_cast<std::size_t>(b)];
      if (both.size() > 40 || rules.count({a, b})) {
        ++rank;
        continue;
      }
      const TokenId ab = add(both);
      rules[{a, b}] = {rank++, ab};
      EXPECT_TRUE(bpe.AddMerge(a, b, ab));
    }
    // AddMerge ranks by the order of calls, the map by a counter: the same order.
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      EXPECT_TRUE(vocab.Set(static_cast<std::int64_t>(i), tokens[i], true));
    }
    vocab.Index();
    bpe.Finish(&vocab, options);
  }

  std::vector<TokenId> Plain(const std::string& text) const {
    std::vector<TokenId> ids;
    for (const char c : text) ids.push_back(vocab.Find({&c, 1}));
    while (true) {
      int best = -1, rank = 1 << 30;
      TokenId merged = -1;
      for (int i = 0; i + 1 < static_cast<int>(ids.size()); ++i) {
        const auto at = rules.find({ids[static_cast<std::size_t>(i)], ids[static_cast<std::size_t>(i) + 1]});
        if (at != rules.end() && at->second.first < rank) {
          best = i;
          std::tie(rank, merged) = at->second;
        }
      }
      if (best < 0) return ids;
      ids[static_cast<std::size_t>(best)] = merged;
      ids.erase(ids.begin() + best + 1);
    }
  }
};

TEST(Bpe, EqualsThePlainestWay) {
  std::mt19937 random(1);
  for (int round = 0; round < 40; ++round) {
    const Case c(random, std::string("abcdef").substr(0, 1 + random() % 6), 1 + static_cast<int>(random() % 80), {});
    WordCache cache;
    for (int i = 0; i < 60; ++i) {
      // Short enough for the cache, for the scan, and long enough for the heap.
      const std::size_t size = 1 + random() % (i % 3 == 0 ? 20 : i % 3 == 1 ? 128 : 400);
      std::string text;
      for (std::size_t k = 0; k < size; ++k) text += c.letters[random() % c.letters.size()];
      const auto expected = c.Plain(text);
      for (int again = 0; again < 2; ++again) {  // the second time from the cache
        std::vector<TokenId> got;
        c.bpe.Encode(text.data(), text.size(), text.size(), cache, &got);
        ASSERT_EQ(got, expected) << text;
      }
    }
  }
}

TEST(Bpe, CacheKeysTellPiecesApart) {
  std::mt19937 random(2);
  const Case c(random, std::string("ab\0c", 4), 20, {});
  WordCache cache;
  // Pieces that differ only in their length, their zeros or what stands behind them in memory.
  const std::string memory =
      std::string("ab\0\0\0ab", 7) + std::string(40, '\0') + "abcabcabcabcabcabcabcabcabcabcabcabc";
  for (int round = 0; round < 2; ++round) {
    for (std::size_t from = 0; from < memory.size(); ++from) {
      for (std::size_t n = 1; from + n <= memory.size() && n < 34; ++n) {
        std::vector<TokenId> got;
        c.bpe.Encode(memory.data() + from, n, memory.size() - from, cache, &got);
        ASSERT_EQ(got, c.Plain(memory.substr(from, n))) << from << " " << n;
      }
    }
  }
}

TEST(Bpe, BytesWithoutAToken) {
  Vocab vocab;
  ASSERT_TRUE(vocab.Set(0, "a", true));
  ASSERT_TRUE(vocab.Set(1, "b", true));
  ASSERT_TRUE(vocab.Set(2, "ab", true));
  ASSERT_TRUE(vocab.Set(3, "<unk>", true));
  vocab.Index();
  const struct {
    Bpe::Options options;
    std::vector<TokenId> ids;
  } kCases[] = {
      {{false, -1, false}, {2}},  // left out: its neighbours meet
      {{false, 3, false}, {0, 3, 3, 1}},
      {{false, 3, true}, {0, 3, 1}},
  };
  for (const auto& c : kCases) {
    Bpe bpe;
    ASSERT_TRUE(bpe.AddMerge(0, 1, 2));
    bpe.Finish(&vocab, c.options);
    WordCache cache;
    std::vector<TokenId> got;
    bpe.Encode("axxb", 4, 4, cache, &got);
    EXPECT_EQ(got, c.ids);
  }
}

}  // namespace
}  // namespace yun
