#include "kubernetes/client/kubeconfig.h"

#include <filesystem>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "base/base64.h"
#include "base/text_file.h"
#include "dunlin/error.h"

namespace dunlin::kubernetes {
namespace {

[[noreturn]] void refuse(const std::string& file, const YAML::Mark& mark, std::string message, std::string hint = {}) {
  Error error{.kind = ErrorKind::config, .message = std::move(message), .hint = std::move(hint)};
  error.where.file = file;
  if (!mark.is_null()) error.where.line = mark.line + 1;
  throw Failure(std::move(error));
}

// A mapping of a file, with the place it stands at.
class Entry {
 public:
  Entry() = default;
  Entry(const YAML::Node& node, std::string file) : node_(node), file_(std::move(file)) {
    if (node_ && !node_.IsNull() && !node_.IsMap()) fail("a mapping should stand here");
  }

  bool found() const { return node_ && node_.IsMap(); }
  const std::string& file() const { return file_; }

  std::string text(const char* field) const {
    const YAML::Node value = at(field);
    if (!value || value.IsNull()) return {};
    if (!value.IsScalar()) refuse(file_, value.Mark(), fmt::format("\"{}\" should be a text", field));
    return value.Scalar();
  }

  bool flag(const char* field) const {
    const YAML::Node value = at(field);
    bool on = false;
    if (value && !value.IsNull() && !YAML::convert<bool>::decode(value, on)) {
      refuse(file_, value.Mark(), fmt::format("\"{}\" should be true or false", field));
    }
    return on;
  }

  std::vector<std::string> texts(const char* field) const {
    std::vector<std::string> found;
    for (const YAML::Node& each : sequence(field)) {
      if (!each.IsScalar()) refuse(file_, each.Mark(), fmt::format("\"{}\" should be a list of texts", field));
      found.push_back(each.Scalar());
    }
    return found;
  }

  Entry entry(const char* field) const { return found() ? Entry(at(field), file_) : Entry(); }

  std::vector<Entry> entries(const char* field) const {
    std::vector<Entry> found;
    for (const YAML::Node& each : sequence(field)) found.emplace_back(each, file_);
    return found;
  }

  // `field` holds a path, `field`-data the base64 of the text itself, which counts before it.
  TextSource source(const char* field) const {
    const std::string data = text((std::string(field) + "-data").c_str());
    if (data.empty()) return {.text = {}, .file = path(text(field))};
    auto decoded = decode_base64(data);
    if (!decoded) fail(fmt::format("\"{}-data\" is no base64", field));
    return {.text = std::string(decoded->begin(), decoded->end()), .file = {}};
  }

  std::string path(const std::string& text) const {
    if (text.empty() || text.starts_with('/')) return text;
    return (std::filesystem::absolute(file_).parent_path() / text).string();
  }

  [[noreturn]] void fail(std::string message, std::string hint = {}) const {
    refuse(file_, node_ ? node_.Mark() : YAML::Mark::null_mark(), std::move(message), std::move(hint));
  }

 private:
  YAML::Node at(const char* field) const { return found() ? node_[field] : YAML::Node(YAML::NodeType::Undefined); }

  YAML::Node sequence(const char* field) const {
    YAML::Node value = at(field);
    if (!value || value.IsNull()) return YAML::Node(YAML::NodeType::Sequence);
    if (!value.IsSequence()) refuse(file_, value.Mark(), fmt::format("\"{}\" should be a list", field));
    return value;
  }

  YAML::Node node_{YAML::NodeType::Undefined};
  std::string file_;
};

Entry read(const std::string& file) {
  const auto text = read_text_file(file);
  if (!text) return {};
  try {
    return {YAML::Load(*text), file};
  } catch (const YAML::Exception& problem) {
    // What yaml-cpp says of it never quotes the text.
    refuse(file, problem.mark, fmt::format("this is no YAML: {}", problem.msg));
  }
}

// The `kind` of the item called `name` in the list `list`: clusters, users, contexts.
Entry find(const std::vector<Entry>& files, const char* list, const char* kind, const std::string& name) {
  for (const Entry& file : files) {
    for (const Entry& item : file.entries(list)) {
      if (item.text("name") == name) return item.entry(kind);
    }
  }
  return {};
}

ExecPlugin plugin_of(const Entry& exec) {
  const std::string mode = exec.text("interactiveMode");
  const std::string version = exec.text("apiVersion");
  if (version != "client.authentication.k8s.io/v1" && version != "client.authentication.k8s.io/v1beta1") {
    exec.fail(fmt::format("an exec plugin of the version \"{}\" is not known", version),
              "use client.authentication.k8s.io/v1, or v1beta1");
  }
  ExecPlugin plugin{.api_version = version,
                    .command = exec.text("command"),
                    .arguments = exec.texts("args"),
                    .environment = {},
                    .provide_cluster_info = exec.flag("provideClusterInfo"),
                    .may_ask = mode != "Never",
                    .must_ask = mode == "Always",
                    .install_hint = exec.text("installHint")};
  if (plugin.command.empty()) exec.fail("the exec plugin has no command");
  if (plugin.command.find('/') != std::string::npos) plugin.command = exec.path(plugin.command);
  for (const Entry& variable : exec.entries("env")) {
    plugin.environment.emplace_back(variable.text("name"), variable.text("value"));
  }
  return plugin;
}

void take_cluster(const Entry& cluster, ClusterConfig& config) {
  config.server = cluster.text("server");
  if (config.server.empty()) cluster.fail("the cluster has no server");
  config.authorities = cluster.source("certificate-authority");
  config.verify = !cluster.flag("insecure-skip-tls-verify");
  config.server_name = cluster.text("tls-server-name");
  config.proxy = cluster.text("proxy-url");
}

void take_user(const Entry& user, ClusterConfig& config) {
  config.certificate = user.source("client-certificate");
  config.key = user.source("client-key");
  // As kubectl has it: a file counts before the text.
  config.token.file = user.path(user.text("tokenFile"));
  if (config.token.file.empty()) config.token.text = user.text("token");
  config.user = user.text("username");
  config.password = user.text("password");
  if (const Entry exec = user.entry("exec"); exec.found()) config.exec = plugin_of(exec);
  if (const std::string as = user.text("as"); !as.empty()) config.impersonation.emplace_back("Impersonate-User", as);
  if (const std::string as = user.text("as-uid"); !as.empty()) config.impersonation.emplace_back("Impersonate-Uid", as);
  for (const std::string& group : user.texts("as-groups"))
    config.impersonation.emplace_back("Impersonate-Group", group);
  if (user.entry("auth-provider").found()) {
    user.fail("auth-provider is gone from Kubernetes", "use the exec plugin of the same cloud");
  }
}

}  // namespace

ClusterConfig read_kubeconfig(const std::vector<std::string>& files, const std::string& wanted) {
  std::vector<Entry> read_files;
  for (const std::string& file : files) {
    if (Entry entry = read(file); entry.found()) read_files.push_back(std::move(entry));
  }
  const std::string names = fmt::format("{}", fmt::join(files, ", "));
  std::string context_name = wanted;
  for (const Entry& file : read_files) {
    if (context_name.empty()) context_name = file.text("current-context");
  }
  if (context_name.empty()) {
    throw Failure(ErrorKind::config, fmt::format("{} names no current context", names),
                  "kubectl config use-context NAME");
  }
  const Entry context = find(read_files, "contexts", "context", context_name);
  if (!context.found()) {
    throw Failure(ErrorKind::config, fmt::format("{} has no context \"{}\"", names, context_name),
                  "kubectl config get-contexts");
  }
  const Entry cluster = find(read_files, "clusters", "cluster", context.text("cluster"));
  if (!cluster.found()) context.fail(fmt::format("there is no cluster \"{}\"", context.text("cluster")));
  ClusterConfig config{.name_space = context.text("namespace")};
  take_cluster(cluster, config);
  take_user(find(read_files, "users", "user", context.text("user")), config);
  return config;
}

}  // namespace dunlin::kubernetes
