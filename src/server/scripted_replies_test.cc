// What a scripted model says, through the real engine.
#include "server/scripted_replies.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "server/scripted_model.h"

namespace yun::server {
namespace {

namespace fs = std::filesystem;

TEST(Script, TheNewestPlaceInThePromptDecides) {
  const auto script = Script::Parse(R"([{"when": "", "reply": "0"}, {"when": "weather", "reply": "1"},
      {"when": "rain", "reply": "2"}, {"when": "weather in", "reply": "3"}])", 0);
  ASSERT_TRUE(script) << script.error().message;
  const struct {
    const char *prompt, *reply;
  } cases[] = {{"hello", "0"},
               {"weather", "1"},
               {"weather in Rome", "1"},  // of two at one place the first
               {"weather\nrain", "2"},
               {"rain\nweather in", "1"},
               {"", "0"}};
  for (const auto& c : cases) EXPECT_EQ(script->Find(c.prompt)->texts.front(), c.reply) << c.prompt;
  EXPECT_EQ(Script::Parse(R"([{"when": "a", "reply": "b"}])", 0)->Find("none"), nullptr);
}

TEST(Script, SaysWhatIsWrongWithIt) {
  const struct {
    const char *json, *message;
  } cases[] = {{"[", "no JSON"},
               {"{}", "no list"},
               {R"([{"reply": "a"}, 1])", "reply 1: is no object"},
               {R"([{"when": "a"}])", "reply 0: has no reply"},
               {R"([{"reply": ["a", 1]}])", "no list of texts"},
               {R"([{"reply": "a", "step_us": -1}])", "step_us"},
               {R"([{"reply": "a", "fail_after": 1.5}])", "fail_after"},
               {R"([{"reply": "a", "other": 1}])", "'other'"}};
  for (const auto& c : cases) {
    const auto script = Script::Parse(c.json, 0);
    ASSERT_FALSE(script) << c.json;
    EXPECT_EQ(script.error().code, Code::kInvalidArgument);
    EXPECT_NE(script.error().message.find(c.message), std::string::npos) << script.error().message;
  }
}

TEST(Script, AThoughtIsBegunWhereThePromptLeavesRoomForIt) {
  const struct {
    const char *prompt, *reply, *said;
  } cases[] = {{"assistant\n", "<think>\nhm\n</think>\n\nyes", "<think>\nhm\n</think>\n\nyes"},
               {"assistant\n<think>\n", "<think>\nhm\n</think>\n\nyes", "hm\n</think>\n\nyes"},
               {"<think>\n\n</think>\n\n", "<think>\nhm\n</think>\n\nyes", "yes"},
               {"<think>\n\n</think>\n\n", "yes", "yes"},
               {"<think>", "<think>", ""}};
  for (const auto& c : cases) EXPECT_EQ(ReplyAfter(c.prompt, c.reply), c.said) << c.prompt;
}

class Scripted : public testing::Test {
 protected:
  Scripted() : file_(fs::temp_directory_path() / ("yun_scripted_" + std::to_string(::getpid()) + ".json")) {}
  ~Scripted() override { fs::remove(file_); }

  void Load(const std::string& json) {
    ASSERT_TRUE(WriteFileAtomic(file_, json));
    auto made = MakeScriptedModel("m", "replies=" + file_.string() + ",step_us=0");
    ASSERT_TRUE(made) << made.error().message;
    model_ = std::move(*made);
  }
  engine::GenerateRequest Request(std::string_view prompt) const {
    engine::GenerateRequest request;
    request.prompt = model_->tokenizer->Encode(prompt, false);
    return request;
  }
  struct Answer {
    std::string text;
    engine::StreamEnd end;
  };
  static Answer Read(engine::Stream& stream, const Tokenizer& tokenizer) {
    Answer answer;
    while (true) {
      stream.Wait();
      for (const engine::TokenEvent& event : stream.Take()) answer.text += tokenizer.Bytes(event.id);
      if (const auto end = stream.Ended()) {
        answer.end = *end;
        return answer;
      }
    }
  }
  Answer Ask(engine::GenerateRequest request) {
    auto stream = model_->engine->Submit(std::move(request));
    if (!stream) return {stream.error().message, {}};
    return Read(**stream, *model_->tokenizer);
  }

  const fs::path file_;
  std::shared_ptr<Model> model_;
};

TEST_F(Scripted, SaysItsReplyAndEnds) {
  Load(R"([{"when": "hi", "reply": "hello there"}])");
  Answer answer = Ask(Request("user: hi\n"));
  EXPECT_EQ(answer.text, "hello there");
  EXPECT_EQ(answer.end.reason, engine::FinishReason::kStop);
  EXPECT_EQ(answer.end.usage.generated_tokens, 12u);  // the end token too
  engine::GenerateRequest request = Request("user: hi\n");
  request.max_tokens = 5;
  answer = Ask(std::move(request));
  EXPECT_EQ(answer.text, "hello");
  EXPECT_EQ(answer.end.reason, engine::FinishReason::kLength);
  EXPECT_EQ(Ask(Request("user: who?\n")).text, "the script has no reply to this prompt");
}

TEST_F(Scripted, EachOfSeveralAnswersSaysItsOwnReply) {
  Load(R"([{"when": "", "reply": ["one", "two"]}])");
  auto streams = model_->engine->SubmitGroup(Request("user: hi\n"), 3);
  ASSERT_TRUE(streams);
  const char* expected[] = {"one", "two", "one"};
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(Read(*(*streams)[i], *model_->tokenizer).text, expected[i]);
}

TEST_F(Scripted, FailsInTheMiddleOfAnAnswer) {
  Load(R"([{"when": "", "reply": "hello", "fail_after": 3}])");
  const Answer answer = Ask(Request("user: hi\n"));
  EXPECT_EQ(answer.text, "hel");
  EXPECT_EQ(answer.end.reason, engine::FinishReason::kError);
  EXPECT_EQ(answer.end.error.code, Code::kInternal);
}

TEST_F(Scripted, AConstraintHoldsAgainstTheScript) {
  Load(R"([{"when": "good", "reply": "{\"a\":7}"}, {"when": "bad", "reply": "I do not know"}])");
  const auto ask = [&](std::string_view prompt, api::Constraint constraint) {
    auto grammar = model_->grammars->Make(constraint);
    EXPECT_TRUE(grammar) << grammar.error().message;
    engine::GenerateRequest request = Request(prompt);
    request.grammar = std::move(*grammar);
    request.max_tokens = 64;
    return Ask(std::move(request)).text;
  };
  const api::Constraint schema{
      api::ConstraintKind::kJsonSchema,
      R"({"type":"object","properties":{"a":{"type":"integer"}},"required":["a"],"additionalProperties":false})", ""};
  EXPECT_EQ(ask("good", schema), "{\"a\":7}");
  const std::string chosen = ask("bad", {api::ConstraintKind::kChoice, R"(["yes","no"])", ""});
  EXPECT_TRUE(chosen == "yes" || chosen == "no") << chosen;
}

TEST(ScriptedModel, SaysWhatIsWrongWithItsOptions) {
  const struct {
    const char *spec, *message;
  } cases[] = {{",tokens=1", "needs a name"},
               {"m,tokens=0", "tokens is 1 to"},
               {"m,other=1", "'other=1'"},
               {"m,model=x", "needs replies="},
               {"m,replies=x,tokens=2", "does not go with it"},
               {"m,replies=no-such-file", "no-such-file"}};
  for (const auto& c : cases) {
    const auto model = MakeScriptedModel("", c.spec);
    ASSERT_FALSE(model) << c.spec;
    EXPECT_NE(model.error().message.find(c.message), std::string::npos) << model.error().message;
  }
}

}  // namespace
}  // namespace yun::server
