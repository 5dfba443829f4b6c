#include "kubernetes/operator/migrator_spec.h"

#include "base/duration.h"
#include "dunlin/error.h"
#include "kubernetes/operator/spec_reader.h"

namespace dunlin::manager {
namespace {

using kubernetes::Json;
using kubernetes::LabelSelector;

std::optional<LabelSelector> read_selector(SpecReader& reader, std::string_view name,
                                           std::vector<std::string>& problems) {
  try {
    return LabelSelector::parse(reader.raw(name), reader.path_of(name));
  } catch (const Failure& failure) {
    problems.push_back(failure.error().message);
    return std::nullopt;
  }
}

std::chrono::milliseconds read_duration(SpecReader& reader, std::string_view name,
                                        std::chrono::milliseconds otherwise) {
  const std::string text = reader.text(name);
  if (text.empty()) return otherwise;
  try {
    return parse_duration(text);
  } catch (const Failure&) {
    reader.problem(name, fmt::format("\"{}\" is no duration such as 90s, 10m or 1h30m", text));
    return otherwise;
  }
}

// database: {urlFrom: {secretKeyRef: {name, key}}, configMaps: [...]} or {..., image, path}
std::optional<DatabaseSource> read_database(SpecReader& spec, std::vector<std::string>& problems) {
  const Json database = spec.object("database");
  if (database.is_null()) return std::nullopt;
  SpecReader reader(database, spec.path_of("database"), problems);
  const Json& secret_ref = kubernetes::field(database, "urlFrom", "secretKeyRef");
  SpecReader secret(secret_ref, reader.path_of("urlFrom.secretKeyRef"), problems);
  DatabaseSource source{.secret = secret.text("name"),
                        .key = secret.text("key"),
                        .config_maps = reader.texts("configMaps").value_or(std::vector<std::string>{}),
                        .image = reader.text("image"),
                        .path = reader.text("path")};
  if (source.secret.empty()) secret.problem("name", "must be given");
  if (source.key.empty()) secret.problem("key", "must be given");
  if (source.config_maps.empty() == source.image.empty())
    problems.push_back(spec.path_of("database") + ": must have either configMaps or an image");
  if (source.image.empty() && !source.path.empty()) reader.problem("path", "is a directory of an image: say which");
  if (!source.image.empty() && !source.path.starts_with('/'))
    reader.problem("path", "must be the absolute path of a directory of the image");
  return source;
}

}  // namespace

MigratorSpec read_spec(const Json& object, std::vector<std::string>& problems) {
  SpecReader reader(object, "spec", problems);
  MigratorSpec spec;
  if (reader.raw("selector").is_null()) {
    if (reader.raw("database").is_null()) reader.problem("selector", "must be given");
  } else {
    spec.selector = read_selector(reader, "selector", problems);
  }
  spec.template_selector = read_selector(reader, "templateSelector", problems).value_or(LabelSelector{});

  spec.command = reader.texts("command");
  spec.args = reader.texts("args");
  spec.image = reader.text("image");
  spec.container = reader.text("container");
  spec.labels = reader.string_map("labels").value_or(kubernetes::StringMap{});
  spec.annotations = reader.string_map("annotations").value_or(kubernetes::StringMap{});

  spec.backoff_limit = reader.integer("backoffLimit", 0);
  spec.active_deadline_seconds = reader.integer("activeDeadlineSeconds", 1);
  spec.ttl_after_finished = std::chrono::seconds(reader.integer("ttlSecondsAfterFinished", 0).value_or(0));
  spec.resources = reader.object("resources");
  spec.node_selector = reader.string_map("nodeSelector");
  spec.service_account_name = reader.text("serviceAccountName");
  spec.env = reader.objects("env", {"name"});
  spec.volumes = reader.objects("volumes", {"name"});
  spec.volume_mounts = reader.objects("volumeMounts", {"name", "mountPath"});

  spec.suspend = reader.flag("suspend");
  spec.lock_group = reader.text("lockGroup");
  spec.supersede = reader.flag("supersede");
  // A container's termination message has 80 lines at most.
  spec.log_tail = static_cast<int>(std::min<std::int64_t>(reader.integer("logTail", 0).value_or(spec.log_tail), 80));
  spec.rollback_policy = reader.choice<RollbackPolicy>(
      "rollbackPolicy", RollbackPolicy::skip,
      {{"skip", RollbackPolicy::skip}, {"run", RollbackPolicy::run}, {"block", RollbackPolicy::block}});
  spec.trigger = reader.choice<Trigger>(
      "trigger", Trigger::image,
      {{"image", Trigger::image}, {"template", Trigger::pod_template}, {"digest", Trigger::digest}});

  spec.database = read_database(reader, problems);
  if (spec.database) {
    // There is no pod to take it from.
    for (const char* name : {"container", "templateSelector", "trigger"}) {
      if (!reader.raw(name).is_null()) reader.problem(name, "has no meaning with spec.database");
    }
  }
  spec.contract_command = reader.texts("contractCommand");
  if (spec.contract_command && spec.contract_command->empty()) {
    reader.problem("contractCommand", "must not be empty");
    spec.contract_command.reset();
  }
  spec.contract_after = read_duration(reader, "contractAfter", spec.contract_after);
  spec.contract_by_hand = reader.choice<bool>("contract", false, {{"automatic", false}, {"manual", true}});
  return spec;
}

}  // namespace dunlin::manager
