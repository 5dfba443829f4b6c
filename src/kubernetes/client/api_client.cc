#include "kubernetes/client/api_client.h"

#include <fmt/format.h>

#include "dunlin/error.h"
#include "net/http_client.h"

namespace dunlin::kubernetes {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostBody = std::size_t{256} * 1024 * 1024;
constexpr std::size_t kMostLine = std::size_t{8} * 1024 * 1024;
// API servers close what has been idle for 90 seconds.
constexpr auto kIdleIsGood = 80s;
constexpr std::size_t kMostIdle = 25;
constexpr auto kConnectWithin = 15s;
constexpr int kTries = 10;

bool worth_another_try(const ApiAnswer& answer) {
  return answer.retry_after && (answer.code == 429 || answer.code >= 500);
}

}  // namespace

std::optional<std::string> ApiStream::next_line(std::chrono::milliseconds time) {
  const auto patience = net::Patience::of(time, interrupt_);
  while (true) {
    const std::size_t end = unread_.find('\n', searched_);
    if (end != std::string::npos) {
      std::string line = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      searched_ = 0;
      return line;
    }
    searched_ = unread_.size();
    if (searched_ > kMostLine) throw Failure(ErrorKind::connect, "the API server sends a line without an end");
    const std::string_view piece = connection_.read_some(patience);
    if (piece.empty()) return std::nullopt;
    unread_ += piece;
  }
}

ApiClient::ApiClient(ClusterConfig config, ApiClientOptions options, Clock& clock)
    : credentials_(std::move(config), clock), options_(std::move(options)), clock_(clock) {
  const net::HttpUrl url = net::parse_http_url(credentials_.config().server);
  if (!credentials_.config().proxy.empty()) {
    throw Failure(ErrorKind::config, "the kubeconfig names a proxy-url, and dunlin speaks to API servers directly only",
                  "take proxy-url out of the cluster's entry");
  }
  host_ = url.host;
  port_ = url.port;
  base_path_ = url.target.substr(0, url.target.find('?'));
  while (base_path_.ends_with('/')) base_path_.pop_back();
}

ApiAnswer ApiClient::create(std::string path, const Json& object) {
  return call({.method = "POST", .path = std::move(path), .body = line_of(object)});
}

ApiAnswer ApiClient::replace(std::string path, const Json& object) {
  return call({.method = "PUT", .path = std::move(path), .body = line_of(object)});
}

ApiAnswer ApiClient::patch(std::string path, std::string_view content_type, const Json& change) {
  return call({.method = "PATCH", .path = std::move(path), .content_type = content_type, .body = line_of(change)});
}

ApiAnswer ApiClient::remove(std::string path, const Json& options) {
  return call({.method = "DELETE", .path = std::move(path), .body = options.is_null() ? "" : line_of(options)});
}

ApiAnswer ApiClient::call(const ApiCall& call) {
  const auto patience = net::Patience::of(call.timeout, options_.interrupt);
  for (int attempt = 1;; ++attempt) {
    ApiAnswer answer = call_once(call, patience);
    if (!worth_another_try(answer) || attempt == kTries || *answer.retry_after >= patience.left()) return answer;
    if (clock_.sleep(*answer.retry_after, options_.interrupt)) {
      throw Failure(ErrorKind::interrupted, "interrupted while waiting for the API server");
    }
  }
}

ApiAnswer ApiClient::call_once(const ApiCall& call, const net::Patience& patience) {
  const Access access = credentials_.access();
  std::optional<net::HttpConnection> connection = take_idle(access.tls_number);
  const bool kept = connection.has_value();
  std::optional<net::HttpHead> head;
  if (kept) {
    try {
      head = send(*connection, call, access, patience);
    } catch (const Failure& failure) {
      // The server closed it at the very moment; another verb may have been carried out.
      if (failure.error().kind != ErrorKind::connect || call.method != "GET") throw;
    }
  }
  if (!head) {
    connection = connect(access, patience);
    head = send(*connection, call, access, patience);
  }
  const std::string body = connection->read_rest(kMostBody, patience);
  if (options_.on_answer) options_.on_answer(call.method, head->status);
  if (head->status == 401) credentials_.refused();
  const std::string_view warning = head->header("Warning");
  if (options_.on_warning && !warning.empty()) options_.on_warning(warning);
  ApiAnswer answer = read_answer(head->status, body, head->header("Retry-After"));
  if (connection->reusable()) keep(std::move(*connection), access.tls_number);
  return answer;
}

ApiStream ApiClient::open_stream(const std::string& path) {
  const Access access = credentials_.access();
  const auto patience = net::Patience::of(kConnectWithin, options_.interrupt);
  net::HttpConnection connection = connect(access, patience);
  const net::HttpHead head = send(connection, {.path = path}, access, patience);
  if (options_.on_answer) options_.on_answer("WATCH", head.status);
  if (head.status == 401) credentials_.refused();
  std::optional<ApiAnswer> refusal;
  if (head.status != 200) {
    refusal = read_answer(head.status, connection.read_rest(kMostLine, patience), head.header("Retry-After"));
  }
  return {std::move(connection), std::move(refusal), options_.interrupt};
}

net::HttpConnection ApiClient::connect(const Access& access, const net::Patience& patience) {
  const auto soon =
      net::Patience::of(std::min<std::chrono::milliseconds>(kConnectWithin, patience.left()), patience.interrupt);
  return {host_, port_, access.tls.get(), soon};
}

net::HttpHead ApiClient::send(net::HttpConnection& connection, const ApiCall& call, const Access& access,
                              const net::Patience& patience) {
  net::HttpHeaders headers = access.headers;
  headers.emplace_back("User-Agent", options_.user_agent);
  headers.emplace_back("Accept", kJsonBody);
  if (!call.body.empty()) headers.emplace_back("Content-Type", call.content_type);
  const std::string target = base_path_ + call.path;
  return connection.send({.method = call.method, .target = target, .headers = std::move(headers), .body = call.body},
                         patience);
}

std::optional<net::HttpConnection> ApiClient::take_idle(unsigned tls_number) {
  const std::scoped_lock lock(mutex_);
  while (!idle_.empty()) {
    // The one used last is the least likely to be dead.
    Idle idle = std::move(idle_.back());
    idle_.pop_back();
    const bool good = idle.tls_number == tls_number && clock_.now() - idle.since < kIdleIsGood;
    if (good && !idle.connection.gone_stale()) return std::move(idle.connection);
  }
  return std::nullopt;
}

void ApiClient::keep(net::HttpConnection connection, unsigned tls_number) {
  const std::scoped_lock lock(mutex_);
  if (idle_.size() >= kMostIdle) idle_.pop_front();
  idle_.push_back({std::move(connection), tls_number, clock_.now()});
}

}  // namespace dunlin::kubernetes
