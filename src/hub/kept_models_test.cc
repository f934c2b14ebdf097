#include "hub/kept_models.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

namespace yun::hub {
namespace {
namespace fs = std::filesystem;

TEST(KeptModels, WhatIsNoListIsRefused) {
  for (const char* text : {"", "[]", "{", "{}", R"({"models": {}})", R"({"models": [1]})", R"({"models": [{}]})",
                           R"({"models": [{"name": "a", "base": "", "source": 3}]})"})
    EXPECT_EQ(ParseKeptModels(text).error().code, Code::kCorrupt) << text;
  const auto models =
      ParseKeptModels(R"({"models": [{"name": "a", "base": "", "source": "/a", "cache_bytes": -5, "new": 1}]})");
  ASSERT_TRUE(models);
  EXPECT_EQ(models->at(0).source, "/a");
  EXPECT_EQ(models->at(0).cache_bytes, 0u);
}

TEST(KeptModels, AreThereAfterARestart) {
  std::string name = (fs::temp_directory_path() / "yun_kept_XXXXXX").string();
  ASSERT_NE(::mkdtemp(name.data()), nullptr);
  const fs::path folder = name, file = folder / kKeptModelsFile;
  {
    KeptModels kept(file);
    EXPECT_TRUE(kept.All().empty());
    EXPECT_TRUE(kept.Put({"a", "", "/a\n\"", 7, {}}));
    EXPECT_TRUE(kept.Put({"a", "b", "/ab", 0, {}}));
    EXPECT_TRUE(kept.Put({"a", "b", "/ab2", 0, {}}));
    EXPECT_TRUE(kept.Put({"c", "", "c", 0, {}}));
    EXPECT_TRUE(kept.Remove("c", ""));
    EXPECT_EQ(kept.Remove("c", "").error().code, Code::kNotFound);
    kept.Failed("a", "b", "gone");
    EXPECT_EQ(kept.All().at(1).error, "gone");
  }
  {
    const KeptModels kept(file);
    ASSERT_EQ(kept.All().size(), 2u);
    EXPECT_EQ(kept.All()[0].source, "/a\n\"");
    EXPECT_EQ(kept.All()[0].cache_bytes, 7u);
    EXPECT_EQ(kept.All()[1].source, "/ab2");
    EXPECT_EQ(kept.All()[1].error, "");
  }
  std::ofstream(file) << "half";
  EXPECT_TRUE(KeptModels(file).All().empty());
  EXPECT_TRUE(fs::exists(folder / "models.json.bad"));
  EXPECT_TRUE(KeptModels({}).Put({"a", "", "/a", 0, {}})) << "nothing is written";
  fs::remove_all(folder);
}

}  // namespace
}  // namespace yun::hub
