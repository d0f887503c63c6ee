// SPDX-License-Identifier: Apache-2.0
// The configuration file as bytes. Build thread.
#include "config_file.hpp"

#include "unique_fd.hpp"

#include "dialplane/config/edit.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace dialplane::control {

namespace {

tl::unexpected<Error> trouble(const std::string& path, std::string_view what, int error) {
  const auto* remedy = "check the path and its permissions";
  if (error == EROFS || error == EACCES || error == EPERM) {
    remedy =
        "the process may not write there: allow it (ReadWritePaths= in the unit, the owner of the folder), or name "
        "another file";
  }
  return fail(fmt::format("{}: cannot {}: {}; {}", path, what, std::strerror(error), remedy));
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// A new file with the owner and mode of the one it will replace.
Result<void> write_new(const std::string& path, const std::string& like, std::string_view text) {
  constexpr mode_t kUsualMode = 0640;
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, kUsualMode));
  if (!fd.is_open()) return trouble(path, "make it", errno);
  struct stat old {};
  if (::stat(like.c_str(), &old) == 0) {
    // Whoever may not give files away keeps its own; the mode is what protects it.
    static_cast<void>(::fchown(fd.get(), old.st_uid, old.st_gid) == 0);
    if (::fchmod(fd.get(), old.st_mode & 07777U) != 0) return trouble(path, "set its mode", errno);
  }
  if (!write_all(fd.get(), text) || ::fsync(fd.get()) != 0) return trouble(path, "write it", errno);
  return {};
}

}  // namespace

Result<std::string> read_text_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) return trouble(path, "read it", errno);
  std::string text;
  std::array<char, 65536> block;
  for (;;) {
    const auto length = ::read(fd.get(), block.data(), block.size());
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return trouble(path, "read it", errno);
    if (length == 0) return text;
    text.append(block.data(), static_cast<std::size_t>(length));
  }
}

Result<void> replace_text_file(const std::string& path, std::string_view text) {
  const std::string fresh = path + ".new";
  const std::string backup = path + ".bak";
  if (auto done = write_new(fresh, path, text); !done) {
    ::unlink(fresh.c_str());
    return done;
  }
  // A second name for the old file: at no moment is there none under PATH.
  ::unlink(backup.c_str());
  if (::link(path.c_str(), backup.c_str()) != 0 && errno != ENOENT) {
    const int error = errno;
    ::unlink(fresh.c_str());
    return trouble(backup, "keep the old file", error);
  }
  if (std::rename(fresh.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(fresh.c_str());
    return trouble(path, "replace it", error);
  }
  const auto folder = std::filesystem::path(path).parent_path();
  const UniqueFd parent(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.is_open()) ::fsync(parent.get());
  return {};
}

std::string with_states(std::string text, const config::Config& config,
                        const std::map<std::string, config::AdminState>& commanded) {
  for (const auto& pool : config.pools) {
    for (const auto& backend : pool.backends) {
      const auto found = commanded.find(pool.name + "/" + backend.name);
      if (found == commanded.end() || found->second == backend.state) continue;
      const auto state = config::toml_string(config::admin_state_name(found->second));
      if (auto edited = config::set_backend_key(text, pool.name, backend.name, "state", state)) {
        text = std::move(*edited);
      }
    }
  }
  return text;
}

}  // namespace dialplane::control
