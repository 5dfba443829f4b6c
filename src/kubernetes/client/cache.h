// The copy that a reflector keeps: of each object only what its users need.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kubernetes/client/object.h"
#include "kubernetes/client/reflector.h"

namespace dunlin::kubernetes {

struct ObjectKey {
  std::string name_space;
  std::string name;
  auto operator<=>(const ObjectKey&) const = default;
};

inline ObjectKey key_of(const Json& object) {
  return {namespace_of(object), name_of(object)};
}

// Filled on the reflector's thread, read by any. What is handed out never changes.
template <typename View>
class Cache final : public ReflectorSink {
 public:
  using Item = std::shared_ptr<const View>;
  // `was` or `is` is null where the object came or went. On the reflector's thread, without any lock held.
  using OnChange = std::function<void(const ObjectKey&, const Item& was, const Item& is)>;

  explicit Cache(std::function<View(const Json&)> view_of, OnChange on_change = {})
      : view_of_(std::move(view_of)), on_change_(std::move(on_change)) {}

  Item find(const ObjectKey& key) const {
    const std::scoped_lock lock(mutex_);
    const auto found = items_.find(key);
    return found == items_.end() ? nullptr : found->second;
  }

  // Of one namespace, in the order of their names.
  std::vector<Item> all_in(const std::string& name_space) const {
    const std::scoped_lock lock(mutex_);
    std::vector<Item> all;
    for (auto at = items_.lower_bound({name_space, {}}); at != items_.end() && at->first.name_space == name_space;
         ++at) {
      all.push_back(at->second);
    }
    return all;
  }

  std::vector<std::pair<ObjectKey, Item>> all() const {
    const std::scoped_lock lock(mutex_);
    return {items_.begin(), items_.end()};
  }

  // The first list is in, or it is known that there is none to be had.
  bool synced() const {
    const std::scoped_lock lock(mutex_);
    return synced_;
  }

  // The first list is in, or the server does not know the kind.
  bool has_list() const {
    const std::scoped_lock lock(mutex_);
    return has_list_;
  }

  // The server's words while it does not let us see the kind, and the copy grows old; else empty.
  std::string refusal() const {
    const std::scoped_lock lock(mutex_);
    return refusal_;
  }

  void list_begins() override { listed_.clear(); }

  void listed(const Json& object) override {
    listed_.insert(key_of(object));
    changed(object);
  }

  // What went while nobody watched.
  void list_ends() override {
    std::vector<ObjectKey> gone;
    for (const auto& [key, item] : all()) {
      if (!listed_.contains(key)) gone.push_back(key);
    }
    listed_.clear();
    for (const ObjectKey& key : gone) put(key, nullptr);
    const std::scoped_lock lock(mutex_);
    synced_ = has_list_ = true;
  }

  void changed(const Json& object) override { put(key_of(object), std::make_shared<const View>(view_of_(object))); }
  void removed(const Json& object) override { put(key_of(object), nullptr); }

  // A kind that is gone has no objects. What we may not see (any more) stays as we saw it last.
  void unavailable(const ApiAnswer& why) override {
    list_begins();
    if (why.not_found()) return list_ends();
    const std::string& words = text(field(why.document, "message"));
    const std::scoped_lock lock(mutex_);
    synced_ = true;
    refusal_ = words.empty() ? "the API server answers " + std::to_string(why.code) : words;
  }

  void available() override {
    const std::scoped_lock lock(mutex_);
    refusal_.clear();
  }

 private:
  void put(const ObjectKey& key, Item is) {
    Item was;
    {
      const std::scoped_lock lock(mutex_);
      if (is) {
        was = std::exchange(items_[key], is);
      } else if (const auto found = items_.find(key); found != items_.end()) {
        was = std::move(found->second);
        items_.erase(found);
      }
    }
    if (on_change_ && (was || is)) on_change_(key, was, is);
  }

  const std::function<View(const Json&)> view_of_;
  const OnChange on_change_;
  mutable std::mutex mutex_;
  std::map<ObjectKey, Item> items_;
  std::set<ObjectKey> listed_;  // the reflector's thread only
  bool synced_ = false;
  bool has_list_ = false;
  std::string refusal_;
};

}  // namespace dunlin::kubernetes
