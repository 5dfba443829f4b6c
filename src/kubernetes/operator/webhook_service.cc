#include "kubernetes/operator/webhook_service.h"

#include <algorithm>

#include <fmt/format.h>

#include "dunlin/error.h"
#include "kubernetes/client/object.h"
#include "kubernetes/operator/author_check.h"
#include "kubernetes/operator/database_order.h"
#include "kubernetes/operator/injection.h"
#include "kubernetes/operator/kinds.h"

namespace dunlin::manager {

using kubernetes::field;
using kubernetes::Json;
using kubernetes::text;

namespace {

constexpr std::string_view kMutate = "/mutate-v1-pod";
constexpr std::string_view kMutateStrict = "/mutate-v1-pod-strict";
constexpr std::string_view kValidate = "/validate-migrator";

// An API server waits for the five seconds of deploy/webhook.
constexpr std::chrono::milliseconds kLookWithin{4'000};

net::HttpResponse plain(unsigned status, std::string body) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(body)};
}

net::HttpResponse reviewed(const AdmissionRequest& request, const AdmissionAnswer& answer) {
  return {.status = 200, .content_type = "application/json", .body = to_review(request, answer)};
}

// Denied, and not left unanswered: that would let the pod through where failurePolicy is Ignore.
AdmissionAnswer undecided(const std::string& why) {
  return {.allowed = false, .code = 503, .reason = "ServiceUnavailable", .message = why};
}

constexpr const char* kBusy = "the operator is busy: try again";

std::vector<const Migrator*> pointers(const Migrators& migrators) {
  std::vector<const Migrator*> all;
  all.reserve(migrators.size());
  for (const auto& migrator : migrators) all.push_back(migrator.get());
  return all;
}

// All of a namespace as the API server has them now. Throws Failure (config, connect, timeout, interrupted).
Migrators live_migrators(kubernetes::ApiClient& api, const std::string& namespace_name, const net::Patience& patience) {
  Migrators all;
  std::string next_page;
  do {
    std::string path = path_of(kMigrators, namespace_name) + "?limit=500";
    if (!next_page.empty()) path += "&continue=" + kubernetes::query_text(next_page);
    const auto answer = api.call({.path = std::move(path), .timeout = patience.left()});
    const Json& page = answer.object("listing the Migrators of namespace " + namespace_name);
    for (const Json& item : kubernetes::list(field(page, "items")))
      all.push_back(std::make_shared<const Migrator>(read_migrator(item)));
    next_page = text(field(page, "metadata", "continue"));
  } while (!next_page.empty());
  return all;
}

// By the Migrators, and ConfigMaps, that the API server has now.
AdmissionAnswer inject_by_asking(const AdmissionRequest& request, kubernetes::ApiClient& api, WaiterOptions options,
                                 const net::Patience& patience) noexcept {
  std::string_view unknown = "whether a Migrator selects this pod";
  try {
    const Migrators migrators = live_migrators(api, request.namespace_name, patience);
    unknown = "which migrations this pod has to wait for";
    options.database_identity = [&](const Migrator& migrator) { return database_identity(migrator, api, patience); };
    return inject(request, pointers(migrators), options);
  } catch (const std::exception& problem) {
    return undecided(fmt::format("{} cannot be told: {}", unknown, problem.what()));
  }
}

}  // namespace

WebhookService::WebhookService(MigratorsOf migrators_of, WebhookOptions options, kubernetes::ApiClient& api,
                               Errands& errands, WebhookHooks hooks)
    : migrators_of_(std::move(migrators_of)),
      options_(std::move(options)),
      api_(api),
      errands_(errands),
      hooks_(std::move(hooks)) {}

void WebhookService::handle(const net::HttpRequest& request, const net::Respond& respond) {
  std::string_view webhook;
  for (const std::string_view known : {kMutate, kMutateStrict, kValidate}) {
    if (request.path == known) webhook = known;
  }
  if (webhook.empty()) return respond(plain(404, "404 page not found\n"));
  const net::Respond answer = counted(webhook, respond);
  try {
    const AdmissionRequest review = read_review(request.body);
    if (webhook == kValidate) return validate(review, answer);
    mutate(review, webhook == kMutateStrict, answer);
  } catch (const Failure& failure) {
    answer(plain(failure.error().kind == ErrorKind::usage ? 400 : 500, std::string(failure.what()) + "\n"));
  }
}

void WebhookService::mutate(const AdmissionRequest& request, bool strict, const net::Respond& respond) {
  const Migrators known = migrators_of_(request.namespace_name);
  const bool certain = !(strict || requires_migrator(request)) || !selected_by_none(request, pointers(known));
  if (certain && !waits_for_database(request, pointers(known)))
    return respond(reviewed(request, inject(request, pointers(known), options_.waiter)));
  // From now on, not from when there is a hand for it: who asks does not wait longer.
  const bool asked = errands_.run(
      [this, request, patience = net::Patience::of(kLookWithin)] {
        return inject_by_asking(request, api_, options_.waiter, patience);
      },
      [request, respond](const AdmissionAnswer& answer) { respond(reviewed(request, answer)); });
  if (!asked) respond(reviewed(request, undecided(kBusy)));
}

void WebhookService::validate(const AdmissionRequest& request, const net::Respond& respond) {
  if (const auto answer = answer_without_asking(request)) return respond(reviewed(request, *answer));
  const bool asked =
      errands_.run([this, request] { return check_author(request, api_, options_.local_access_reviews); },
                   [request, respond](const AdmissionAnswer& answer) { respond(reviewed(request, answer)); });
  if (!asked) respond(reviewed(request, undecided(kBusy)));
}

net::Respond WebhookService::counted(std::string_view webhook, const net::Respond& respond) const {
  if (hooks_.on_flight) hooks_.on_flight(webhook, 1);
  const auto began = std::chrono::steady_clock::now();
  return [this, webhook, began, respond](net::HttpResponse response) {
    if (hooks_.on_flight) hooks_.on_flight(webhook, -1);
    if (hooks_.on_answer) hooks_.on_answer(webhook, response.status, std::chrono::steady_clock::now() - began);
    respond(std::move(response));
  };
}

}  // namespace dunlin::manager
