#include "kubernetes/client/api_answer.h"

#include <charconv>

#include <fmt/format.h>

#include "dunlin/error.h"
#include "kubernetes/client/object.h"

namespace dunlin::kubernetes {
namespace {

constexpr std::size_t kMostWords = 1000;

std::optional<std::chrono::seconds> seconds_in(std::string_view text) {
  unsigned seconds = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return std::chrono::seconds{seconds};
}

}  // namespace

std::string ApiAnswer::reason() const {
  return text(field(document, "kind")) == "Status" ? text(field(document, "reason")) : std::string();
}

const Json& ApiAnswer::object(std::string_view doing) const {
  if (ok()) return document;
  const std::string& words = text(field(document, "message"));
  const ErrorKind kind = code == 403 || code == 401 ? ErrorKind::config : ErrorKind::connect;
  throw Failure(kind, fmt::format("{}: {} ({})", doing, words.empty() ? "the API server refused" : words, code));
}

ApiAnswer read_answer(unsigned code, std::string_view body, std::string_view retry_after_header) {
  ApiAnswer answer{.code = code, .document = Json::parse(body, nullptr, false), .retry_after = {}};
  if (!answer.document.is_object()) {
    answer.document = {{"kind", "Status"}, {"code", code}, {"message", body.substr(0, kMostWords)}};
    // A proxy's page, perhaps: an answer that we take for an object would be worse.
    if (answer.ok() && !body.empty()) answer.code = 502;
  }
  answer.retry_after = seconds_in(retry_after_header);
  const std::int64_t in_status = integer(field(answer.document, "details", "retryAfterSeconds"));
  if (!answer.retry_after && !answer.ok() && in_status > 0) answer.retry_after = std::chrono::seconds{in_status};
  return answer;
}

}  // namespace dunlin::kubernetes
