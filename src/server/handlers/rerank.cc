// POST /v1/rerank, /v1/score and their like: how likely a model finds that a document answers a query.
#include <algorithm>
#include <chrono>

#include "api/dashscope/values.h"
#include "api/openai/values.h"
#include "server/chat.h"
#include "server/handlers/handlers.h"
#include "server/judge.h"
#include "server/values.h"

namespace yun::server::handlers {

namespace dashscope = api::dashscope;
namespace openai = api::openai;

namespace {

using WriteScores = std::function<std::string(const api::ValuesHead&, std::vector<double> scores)>;

struct Pair {
  std::string_view query, document;
};

void Score(Service& service, Call call, const api::ValuesRequest& wish, std::string_view instruct,
           const std::vector<Pair>& pairs, std::uint32_t document_tokens_max, std::uint64_t tokens_max,
           std::string id, WriteScores write) {
  const auto model = ModelFor(service, call, wish.model);
  if (!model) return;
  const Result<Judge> judge = Judge::Create(*model);
  if (!judge) return call.Fail(ToApiError(judge.error(), "model"));
  ValuesJob job;
  std::uint64_t tokens = 0;
  for (const Pair& pair : pairs) {
    Result<Judge::Question> question = judge->Ask(instruct, pair.query, pair.document, document_tokens_max);
    if (!question) {
      api::ApiError error = ToApiError(question.error(), "query");
      error.status = 400, error.code = "context_length_exceeded";
      return call.Fail(error);
    }
    tokens += question->pair_tokens;
    if (tokens_max > 0 && tokens > tokens_max)
      return call.Fail({400, fmt::format("Invalid 'documents': Range of input length should be [1, {}] tokens, "
                                         "counting the query once for each document.", tokens_max),
                        "documents", "context_length_exceeded"});
    job.prompts.push_back(std::move(question->prompt));
  }
  api::Parsed<engine::GenerateRequest> terms = TermsOf(service, call, wish);
  if (!terms) return call.Fail(terms.error());
  job.each = std::move(*terms);
  job.each.task = engine::Task::kScore;
  job.each.score_ids = judge->score_ids();
  api::ValuesHead head{std::move(id), std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()),
                       model->id};
  job.write = [head, write = std::move(write)](std::vector<std::vector<float>> values,
                                               std::uint64_t used) mutable -> Result<std::string> {
    std::vector<double> scores;
    for (const std::vector<float>& logits : values) {
      const double score = Judge::Probability(logits);
      if (!(score >= 0)) return Fail(Code::kInternal, "the model computed something that is not a number");
      scores.push_back(score);
    }
    head.prompt_tokens = used;
    return write(head, std::move(scores));
  };
  Values::Begin(service, std::move(call), model, std::move(job));
}

/// Best first; of equals the one that was given first.
std::vector<api::Ranked> Best(const std::vector<double>& scores, std::uint32_t top_n) {
  std::vector<api::Ranked> ranking;
  for (std::size_t i = 0; i < scores.size(); ++i) ranking.push_back({i, scores[i]});
  std::ranges::stable_sort(ranking, std::ranges::greater{}, &api::Ranked::score);
  if (top_n > 0 && top_n < ranking.size()) ranking.resize(top_n);
  return ranking;
}

using WriteRanking = std::string (*)(const api::ValuesHead&, const std::vector<api::Ranked>&,
                                     const std::vector<std::string>*);

void Rank(Service& service, Call call, api::RerankRequest wish, std::string id, WriteRanking write) {
  const auto shared = std::make_shared<const api::RerankRequest>(std::move(wish));
  std::vector<Pair> pairs;
  for (const std::string& document : shared->documents) pairs.push_back({shared->query, document});
  Score(service, std::move(call), *shared, shared->instruct, pairs, shared->document_tokens_max, shared->tokens_max,
        std::move(id), [shared, write](const api::ValuesHead& head, const std::vector<double>& scores) {
          return write(head, Best(scores, shared->top_n), shared->return_documents ? &shared->documents : nullptr);
        });
}

void RankAs(Service& service, Call call, openai::RerankForm form) {
  api::Parsed<api::RerankRequest> wish = openai::ParseRerankRequest(call.request.body, form);
  if (!wish) return call.Fail(wish.error());
  call.request.body = {};
  Rank(service, std::move(call), std::move(*wish), "rerank-" + cloud::RandomHex(12), openai::WriteRanking);
}

}  // namespace

void Rerank(Service& service, Call call) { RankAs(service, std::move(call), openai::RerankForm::kOpen); }
void Reranks(Service& service, Call call) { RankAs(service, std::move(call), openai::RerankForm::kHosted); }

void TextRerank(Service& service, Call call) {
  if (const auto refused = NativeHeaders(call)) return call.Fail(*refused);
  api::Parsed<api::RerankRequest> wish = dashscope::ParseTextRerank(call.request.body);
  if (!wish) return call.Fail(wish.error());
  call.request.body = {};
  std::string id = call.request_id;
  Rank(service, std::move(call), std::move(*wish), std::move(id), dashscope::WriteTextRerank);
}

void Score(Service& service, Call call) {
  const api::Parsed<api::ScoreRequest> wish = openai::ParseScoreRequest(call.request.body);
  if (!wish) return call.Fail(wish.error());
  call.request.body = {};
  std::vector<Pair> pairs;
  for (const auto& [query, document] : wish->pairs) pairs.push_back({query, document});
  Score(service, std::move(call), *wish, wish->instruct, pairs, 0, 0, "score-" + cloud::RandomHex(12),
        openai::WriteScores);
}

}  // namespace yun::server::handlers
