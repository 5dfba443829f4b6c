// An API server with a namespace "default", for tests of what keeps copies of it and writes into it.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "kubernetes/client/api_client.h"
#include "kubernetes/client/object.h"
#include "kubernetes/client/resource.h"
#include "kubernetes/operator/kinds.h"
#include "support/scripted_server.h"

namespace dunlin::manager {

using kubernetes::Json;

// Polls: what happens, happens on threads of others.
inline void until(const std::function<bool()>& condition, const char* what) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) {
      ADD_FAILURE() << "it never comes to this: " << what;
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

class ClusterApi {
 public:
  using Request = ScriptedServer::Request;
  using Reply = ScriptedServer::Reply;

  ~ClusterApi() {
    {
      const std::scoped_lock lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
  }

  std::string url() const { return server_.url(); }

  // Answers in our place where it gives something. Set before anything is asked; it may be called after the test's
  // body, so that it refers to nothing there.
  std::function<std::optional<Reply>(const Request&)> before = [](const Request&) { return std::nullopt; };

  // What people and other controllers do.
  void put(Json object) {
    const std::scoped_lock lock(mutex_);
    const std::string collection = collection_of(object);
    store(collection, std::move(object));
  }

  void remove(const Json& object) {
    const std::scoped_lock lock(mutex_);
    drop(collection_of(object), kubernetes::name_of(object));
  }

  // Null when it is not there.
  Json find(const kubernetes::Resource& resource, const std::string& name) {
    const std::scoped_lock lock(mutex_);
    return find_in(path_of(resource, "default"), name);
  }

  // "POST /apis/..." of those that were no reading.
  std::vector<std::string> writes() const {
    std::vector<std::string> lines;
    for (const Request& request : server_.requests()) {
      if (!request.line().starts_with("GET")) lines.push_back(request.line());
    }
    return lines;
  }

  std::vector<Request> requests() const { return server_.requests(); }

  static Reply refusal(int code, const std::string& reason, const std::string& message = "no") {
    return ScriptedServer::answer(
        code, Json{{"kind", "Status"}, {"code", code}, {"reason", reason}, {"message", message}}.dump());
  }

 private:
  struct Line {
    std::string collection;
    long version;
    std::string event;
  };

  static std::string collection_of(const Json& object) {
    for (const auto& resource : {kMigrators, kubernetes::kPods, kubernetes::kJobs, kDeployments, kStatefulSets,
                                 kDaemonSets, kReplicaSets, kCronJobs, kOldCronJobs}) {
      if (resource.kind == kubernetes::text(kubernetes::field(object, "kind")) &&
          api_version_of(resource) == kubernetes::text(kubernetes::field(object, "apiVersion")))
        return path_of(resource, "default");
    }
    throw std::logic_error("no such kind here: " + object.dump());
  }

  Json find_in(const std::string& collection, const std::string& name) const {
    const auto found = objects_.find({collection, name});
    return found == objects_.end() ? Json() : found->second;
  }

  Json store(const std::string& collection, Json object) {
    const std::string& name = kubernetes::name_of(object);
    const bool is_new = !objects_.contains({collection, name});
    object["metadata"]["resourceVersion"] = fmt::format("{}", ++version_);
    if (kubernetes::uid_of(object).empty()) object["metadata"]["uid"] = fmt::format("uid-{}", version_);
    tell(collection, is_new ? "ADDED" : "MODIFIED", object);
    return objects_[{collection, name}] = std::move(object);
  }

  void drop(const std::string& collection, const std::string& name) {
    Json object = find_in(collection, name);
    object["metadata"]["resourceVersion"] = fmt::format("{}", ++version_);
    objects_.erase({collection, name});
    tell(collection, "DELETED", object);
  }

  void tell(const std::string& collection, const char* type, const Json& object) {
    lines_.push_back({collection, version_, Json{{"type", type}, {"object", object}}.dump()});
    changed_.notify_all();
  }

  // The lines since a version, as soon as there are any. Then it ends, and the next watch waits for more.
  Reply watch(const std::string& collection, long since) {
    std::unique_lock lock(mutex_);
    std::vector<std::string> events;
    changed_.wait(lock, [&] {
      for (const Line& line : lines_) {
        if (line.collection == collection && line.version > since) events.push_back(line.event);
      }
      return ending_ || !events.empty();
    });
    if (ending_) return {.pieces = {}, .close = true};
    return ScriptedServer::lines(events, true);
  }

  Reply handle(const Request& request) {
    if (const auto given = before(request)) return *given;
    const std::string line = request.line();
    const std::string method = line.substr(0, line.find(' '));
    const std::string target = line.substr(method.size() + 1);
    std::string path = target.substr(0, target.find('?'));
    if (target.find("watch=") != std::string::npos)
      return watch(path, std::stol(target.substr(target.find("resourceVersion=") + 16)));
    const std::scoped_lock lock(mutex_);
    if (path == "/apis/batch/v1")
      return ScriptedServer::answer(200, R"({"resources":[{"name":"jobs"},{"name":"cronjobs"}]})");
    const bool is_status = path.ends_with("/status");
    if (is_status) path.erase(path.rfind('/'));
    // In .../namespaces/default/<plural>[/<name>]
    const std::size_t at = path.find("/", path.find("/default/") + 9);
    const std::string collection = path.substr(0, at);
    const std::string name = at == std::string::npos ? "" : path.substr(at + 1);
    const Json body = request.body.empty() ? Json() : Json::parse(request.body);
    if (method == "POST") return create(collection, body);
    if (name.empty()) return list(collection);
    const Json found = find_in(collection, name);
    if (found.is_null()) return refusal(404, "NotFound");
    if (method == "GET") return ScriptedServer::answer(200, found.dump());
    const Json& conditions =
        method == "DELETE" ? kubernetes::field(body, "preconditions") : kubernetes::field(body, "metadata");
    for (const char* key : {"uid", "resourceVersion"}) {
      const std::string& wanted = kubernetes::text(kubernetes::field(conditions, key));
      if (!wanted.empty() && wanted != found["metadata"][key]) return refusal(409, "Conflict");
    }
    if (method == "DELETE") {
      drop(collection, name);
      return ScriptedServer::answer(200, R"({"kind":"Status"})");
    }
    Json changed = found;
    if (is_status) {
      changed["status"] = body["status"];
    } else {
      changed.merge_patch(body);
    }
    return ScriptedServer::answer(200, store(collection, changed).dump());
  }

  Reply create(const std::string& collection, const Json& body) {
    if (!find_in(collection, kubernetes::name_of(body)).is_null()) return refusal(409, "AlreadyExists");
    return ScriptedServer::answer(201, store(collection, body).dump());
  }

  Reply list(const std::string& collection) {
    if (collection.find("argoproj.io") != std::string::npos) return refusal(404, "NotFound");
    Json items = Json::array();
    for (const auto& [key, object] : objects_) {
      if (key.first == collection) items.push_back(object);
    }
    return ScriptedServer::answer(
        200, Json{{"kind", "List"}, {"metadata", {{"resourceVersion", fmt::format("{}", version_)}}}, {"items", items}}
                 .dump());
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::pair<std::string, std::string>, Json> objects_;
  std::deque<Line> lines_;
  long version_ = 1;
  bool ending_ = false;
  // Last, so that it ends first.
  ScriptedServer server_{[this](const Request& request, int) { return handle(request); }};
};

}  // namespace dunlin::manager
