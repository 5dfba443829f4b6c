#include "kubernetes/waiter/waiter.h"

#include <algorithm>
#include <random>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/duration.h"
#include "base/printable.h"
#include "dunlin/error.h"
#include "net/http_client.h"

namespace dunlin::waiter {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

// How often the operator is asked, as the waiter before ours did.
constexpr milliseconds kPause{5'000};
constexpr milliseconds kFirstPauseAfterProblem{500};
constexpr milliseconds kAnswerWithin{10'000};
// The API server itself has said that there is no such Migrator.
constexpr unsigned kGone = 410;
// Also for the last question, however late it is.
constexpr milliseconds kAnswerWithinAtLeast{1'000};
// How often it is said that we still wait.
constexpr auto kSayEvery = 30s;

// Half of it to all of it: a thousand pods that began together do not ask together for ever.
milliseconds jittered(milliseconds pause) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return milliseconds(std::uniform_int_distribution<long long>{pause.count() / 2, pause.count()}(random));
}

// Why not yet, as the operator tells those who prove that its webhook has sent them.
struct NotYet {
  std::string reason;
  std::string message;

  std::string words() const { return ": " + (message.empty() ? reason : message); }
};

// Empty for an answer of another kind.
std::optional<NotYet> reason_in(const net::HttpAnswer& answer) {
  const auto body = nlohmann::json::parse(answer.body, nullptr, false);
  if (answer.status != 200 || !body.is_object()) return std::nullopt;
  const auto ready = body.find("ready");
  if (ready == body.end() || *ready != false) return std::nullopt;
  const auto line = [&](const char* name) {
    const auto found = body.find(name);
    return found != body.end() && found->is_string() ? one_line(found->get_ref<const std::string&>()) : std::string();
  };
  return NotYet{.reason = line("reason"), .message = line("message")};
}

class Wait {
 public:
  Wait(const WaiterOptions& options, Clock& clock, const Interrupt& interrupt,
       const std::function<void(std::string_view)>& say)
      : options_(options),
        clock_(clock),
        interrupt_(interrupt),
        say_(say),
        url_(fmt::format("http://{}/api/ready", options.host)),
        began_(clock.now()),
        said_(began_) {
    // The identity is sent even where it is the image.
    nlohmann::json question{{"targetImage", options.image},
                            {"migratorNamespace", options.name_space},
                            {"migratorName", options.migrator},
                            {"identity", wanted()}};
    if (!options.token.empty()) question["token"] = options.token;
    question_ = question.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }

  bool go() {
    say_(fmt::format("Polling for migrator {} at image {}", options_.migrator, options_.image));
    milliseconds pause = kFirstPauseAfterProblem;
    while (!interrupt_.requested()) {
      if (ask()) {
        say_(gone_ ? "The migrator is gone, nothing to wait for" : "Migrations ready, exiting");
        return true;
      }
      refuse_when_too_late();
      pause = problem_.empty() ? kPause : std::min(pause * 2, kPause);
      tell();
      if (clock_.sleep(std::min(jittered(pause), left()), &interrupt_)) break;
    }
    return false;
  }

 private:
  bool ask() {
    try {
      const auto answer = net::http_call({.method = "POST",
                                          .url = url_,
                                          .content_type = "application/json",
                                          .body = question_,
                                          .timeout = std::min(kAnswerWithin, std::max(left(), kAnswerWithinAtLeast)),
                                          .interrupt = &interrupt_});
      why_ = reason_in(answer);
      problem_ = answer.body == "true" || answer.body == "false" || why_
                     ? std::string()
                     : fmt::format("the operator at {} answers {}", options_.host, answer.status);
      gone_ = answer.status == kGone && answer.body == "false";
      return gone_ || answer.body == "true";
    } catch (const Failure& failure) {
      problem_ = fmt::format("the operator cannot be asked: {}", failure.what());
      return false;
    }
  }

  // A new problem, or a new reason, at once; everything else now and then.
  void tell() {
    const std::string reason = why_ ? why_->reason : std::string();
    const bool is_new = problem_ != said_problem_ || (problem_.empty() && reason != said_reason_);
    if (!is_new && clock_.now() - said_ < kSayEvery) return;
    said_ = clock_.now();
    said_problem_ = problem_;
    if (problem_.empty()) said_reason_ = reason;
    const auto waited = std::chrono::duration_cast<std::chrono::seconds>(said_ - began_);
    say_(problem_.empty()
             ? fmt::format("Still waiting for migrator {}/{} to run {} ({}){}", options_.name_space, options_.migrator,
                           wanted(), format_duration(waited), why_ ? why_->words() : std::string())
             : fmt::format("Waiting for migrator {}/{}: {}", options_.name_space, options_.migrator, problem_));
  }

  void refuse_when_too_late() const {
    if (left() > 0ms) return;
    throw Failure(ErrorKind::timeout,
                  fmt::format("migrator {}/{} has not run {} within {}{}", options_.name_space, options_.migrator,
                              wanted(), format_duration(*options_.timeout), last_words()),
                  fmt::format("kubectl describe migrator {} --namespace {}", options_.migrator, options_.name_space));
  }

  std::string last_words() const {
    if (!problem_.empty()) return "; " + problem_;
    return why_ ? why_->words() : std::string();
  }

  milliseconds left() const {
    if (!options_.timeout) return milliseconds::max();
    const auto rest = std::chrono::ceil<milliseconds>(*options_.timeout - (clock_.now() - began_));
    return std::max(rest, 0ms);
  }

  const std::string& wanted() const { return options_.identity.empty() ? options_.image : options_.identity; }

  const WaiterOptions& options_;
  Clock& clock_;
  const Interrupt& interrupt_;
  const std::function<void(std::string_view)>& say_;
  const std::string url_;
  std::string question_;
  std::string problem_;
  std::optional<NotYet> why_;  // of the last answer
  std::string said_problem_;
  std::string said_reason_;
  bool gone_ = false;
  Clock::Steady began_;
  Clock::Steady said_;
};

}  // namespace

WaiterOptions parse_waiter_words(std::span<const std::string> words) {
  constexpr std::size_t kPlain = 4;
  const auto first_option = std::ranges::find_if(words, [](const auto& word) { return word.starts_with("--"); });
  if (first_option - words.begin() != kPlain) {
    throw Failure(ErrorKind::usage, "Incorrect number of arguments", "waiter IMAGE NAMESPACE NAME HOST[:PORT]");
  }
  WaiterOptions options{.image = words[0],
                        .name_space = words[1],
                        .migrator = words[2],
                        .host = words[3],
                        .identity = {},
                        .token = {},
                        .timeout = {}};
  for (auto word = first_option; word != words.end(); ++word) {
    const std::string_view option(*word);
    const std::size_t equals = option.find('=');
    const std::string_view name = option.substr(0, equals);
    std::string value;
    if (equals != std::string_view::npos) {
      value = option.substr(equals + 1);
    } else if (++word != words.end()) {
      value = *word;
    } else {
      throw Failure(ErrorKind::usage, fmt::format("{} wants a value", name));
    }
    if (name == "--identity") {
      options.identity = value;
    } else if (name == "--token") {
      options.token = value;
    } else if (name == "--timeout") {
      options.timeout = parse_duration(value);
    } else {
      throw Failure(ErrorKind::usage, fmt::format("waiter has no option {}", name), "--identity, --token or --timeout");
    }
  }
  return options;
}

bool wait_until_ready(const WaiterOptions& options, Clock& clock, const Interrupt& interrupt,
                      const std::function<void(std::string_view)>& say) {
  return Wait(options, clock, interrupt, say).go();
}

}  // namespace dunlin::waiter
