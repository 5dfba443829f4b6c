#include "kubernetes/operator/ready_service.h"

#include "dunlin/error.h"
#include "kubernetes/operator/kinds.h"

namespace dunlin::manager {

using namespace std::chrono_literals;
using kubernetes::field;
using kubernetes::text;

namespace {

constexpr auto kRememberedFor = 10s;
constexpr std::chrono::milliseconds kLookWithin{5'000};

// Only an API server that knows Migrators and has not this one says so. A server that has just started, and one whose
// Migrators' definition is gone, answer 404 too, but without the name.
bool is_gone(kubernetes::ApiClient& api, const std::string& namespace_name, const std::string& name) noexcept {
  try {
    const auto answer = api.call({.path = path_of(kMigrators, namespace_name, name), .timeout = kLookWithin});
    return answer.not_found() && answer.reason() == "NotFound" &&
           text(field(answer.document, "details", "name")) == name;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

ReadyService::ReadyService(FindMigrator find, const ReadyTokens& tokens, kubernetes::ApiClient& api, Errands& errands,
                           Clock& clock)
    : find_(std::move(find)), tokens_(tokens), api_(api), errands_(errands), clock_(clock) {}

void ReadyService::handle(const net::HttpRequest& request, const net::Respond& respond) {
  const auto read = read_ready_question(request.path, request.body, tokens_);
  if (const auto* refusal = std::get_if<net::HttpResponse>(&read)) return respond(*refusal);
  const auto& question = std::get<ReadyQuestion>(read);
  const auto migrator = find_(question.namespace_name, question.migrator);
  if (migrator || !question.proven || question.namespace_name.empty() || question.migrator.empty())
    return respond(answer_ready(question, migrator.get()));
  look(question, respond);
}

void ReadyService::look(const ReadyQuestion& question, const net::Respond& respond) {
  std::erase_if(looks_,
                [now = clock_.now()](const auto& each) { return !each.second.under_way && each.second.until <= now; });
  const Key key{question.namespace_name, question.migrator};
  if (const auto known = looks_.find(key); known != looks_.end()) {
    if (!known->second.under_way) return respond(answer_ready(question, nullptr, known->second.gone));
    known->second.waiting.emplace_back(question, respond);
    return;
  }
  const bool asked = errands_.run([this, key] { return is_gone(api_, key.first, key.second); },
                                  [this, key](bool gone) { seen(key, gone); });
  if (!asked) return respond(answer_ready(question, nullptr));
  looks_[key].waiting.emplace_back(question, respond);
}

void ReadyService::seen(const Key& key, bool gone) {
  Look& look = looks_[key];
  look.under_way = false;
  look.gone = gone;
  look.until = clock_.now() + kRememberedFor;
  for (const auto& [question, respond] : std::exchange(look.waiting, {})) {
    // It may have come meanwhile.
    const auto migrator = find_(question.namespace_name, question.migrator);
    respond(answer_ready(question, migrator.get(), gone));
  }
}

}  // namespace dunlin::manager
