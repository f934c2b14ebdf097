// Batches in OpenAI's form: their requests, the lines of their input and output files, and what is shown of them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/error.h"

namespace yun::api::openai {

inline constexpr std::size_t kBatchLinesMax = 50'000;
inline constexpr std::size_t kBatchErrorsMax = 100;  // shown of one input; the rest is left out
inline constexpr std::int64_t kBatchesListedMax = 100;
inline constexpr std::size_t kCustomIdBytesMax = 256;
inline constexpr std::int64_t kWindowHoursMin = 24, kWindowHoursMax = 336;

/// What the lines of a batch may be for.
std::vector<std::string_view> BatchEndpoints();

struct BatchWish {
  std::string input_file_id, endpoint, window;
  std::int64_t window_hours = 24;
  std::string metadata;              // JSON; empty: none
  std::int64_t output_seconds = 0;   // how long the output files are kept; 0: for ever
};
/// errors: 400 that names the field
Parsed<BatchWish> ParseBatchRequest(std::string_view body);

/// What is wrong with one line of an input file; `line` from 1, 0: with all of it.
struct BatchLineError {
  std::string code, message, param;
  std::int64_t line = 0;
};

struct BatchLine {
  std::int64_t number = 0;  // from 0, empty lines not counted
  std::string custom_id;
  std::string_view text;  // borrows: of the input
};
struct BatchInput {
  std::vector<BatchLine> lines;
  std::string model;  // of all of them
  std::vector<BatchLineError> errors;
};
/// An input file, every line checked but for what only its endpoint knows. With errors, what it has of lines is of no
/// use.
BatchInput ParseBatchInput(std::string_view text, std::string_view endpoint);
/// The body of a line that ParseBatchInput has taken.
std::string BodyOf(std::string_view line);

struct BatchEntry {
  std::string id, endpoint, input_file_id, window, status, model, output_file_id, error_file_id;
  std::string metadata, errors;  // JSON; empty: none
  std::int64_t total = 0, completed = 0, failed = 0;
  // Unix seconds; 0: not yet
  std::int64_t created = 0, expires = 0, begun = 0, finalizing = 0, cancelling = 0, ended = 0;
};
std::string WriteBatch(const BatchEntry& batch);
/// {"object":"list","data":[{"code","message","param","line"}]}
std::string WriteBatchErrors(const std::vector<BatchLineError>& errors);
/// A line of an output file. `body`: JSON, as it was answered
std::string WriteBatchAnswer(std::string_view id, std::string_view custom_id, int status, std::string_view request_id,
                             std::string_view body);
/// A line of an error file, for one that was not answered.
std::string WriteBatchFailure(std::string_view id, std::string_view custom_id, std::string_view code,
                              std::string_view message);

}  // namespace yun::api::openai
