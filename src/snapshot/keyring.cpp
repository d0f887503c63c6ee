// SPDX-License-Identifier: Apache-2.0
// Key files: read, checked, and made once where none is configured. Control thread at start, build
// thread at reload.
#include "dialplane/base/text.hpp"
#include "dialplane/snapshot/builder.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <set>
#include <system_error>

namespace dialplane::snapshot {
namespace {

constexpr std::size_t kHexDigits = 2 * sip::kSecretBytes;

std::string reason(int error) { return std::generic_category().message(error); }

/// A file descriptor that closes itself.
class File {
 public:
  explicit File(int fd) noexcept : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int fd() const noexcept { return fd_; }
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }

 private:
  int fd_;
};

std::optional<sip::Secret> parse_secret(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.size() != kHexDigits) return std::nullopt;
  sip::Secret secret{};
  for (std::size_t i = 0; i < secret.size(); ++i) {
    const auto byte = parse_hex(text.substr(2 * i, 2));
    if (!byte) return std::nullopt;
    secret[i] = static_cast<std::uint8_t>(*byte);
  }
  return secret;
}

std::string open_remedy(const std::string& path, int error) {
  if (error == EACCES) return "it has to belong to the user that runs dialplane, mode 0600";
  return fmt::format(
      "copy it from another node, make one with: (umask 77; openssl rand -hex {} > {}), or correct [keys]",
      sip::kSecretBytes, path);
}

Result<sip::Secret> read_secret(const std::string& path) {
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open())
    return fail(fmt::format("cannot open key file {}: {}; {}", path, reason(errno), open_remedy(path, errno)));
  struct stat status {};
  if (fstat(file.fd(), &status) != 0) return fail(fmt::format("cannot examine {}: {}", path, reason(errno)));
  if (!S_ISREG(status.st_mode)) return fail(fmt::format("key file {} is not a regular file", path));
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return fail(fmt::format("key file {} is open to other users; run: chmod 600 {}", path, path));
  }
  // One byte more than a key file may have shows that there is more.
  std::array<char, kHexDigits + 2> text{};
  std::size_t length = 0;
  while (length < text.size()) {
    const ssize_t got = read(file.fd(), text.data() + length, text.size() - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(fmt::format("cannot read key file {}: {}", path, reason(errno)));
    if (got == 0) break;
    length += static_cast<std::size_t>(got);
  }
  const auto secret = parse_secret({text.data(), length});
  if (secret) return *secret;
  return fail(fmt::format("key file {} does not hold {} hex digits; make one with: openssl rand -hex {}", path,
                          kHexDigits, sip::kSecretBytes));
}

Result<sip::Secret> new_secret() {
  sip::Secret secret{};
  if (getrandom(secret.data(), secret.size(), 0) == static_cast<ssize_t>(secret.size())) return secret;
  return fail(fmt::format("the kernel gives no random bytes: {}", reason(errno)));
}

Result<std::string> new_secret_text() {
  const auto secret = new_secret();
  if (!secret) return fail(secret.error().text);
  std::string text;
  for (const std::uint8_t byte : *secret) text += fmt::format("{:02x}", byte);
  return text + "\n";
}

Result<void> make_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(folder).parent_path(), error);
  if (mkdir(folder.c_str(), S_IRWXU) == 0 || errno == EEXIST) return {};
  return fail(fmt::format(
      "cannot make state_dir {}: {}; correct runtime.state_dir or make the folder, for the user that runs dialplane",
      folder, reason(errno)));
}

/// Writes a whole temporary file beside `path` and links it into place, so that nobody ever reads half a key and of two
/// processes that start together both use the key of the first.
Result<void> make_key_file(const std::string& folder, const std::string& path) {
  const auto text = new_secret_text();
  if (!text) return fail(text.error().text);
  std::string temporary = folder + "/.key-XXXXXX";
  const File file(mkostemp(temporary.data(), O_CLOEXEC));
  if (!file.is_open()) return fail(fmt::format("cannot make a file in {}: {}", folder, reason(errno)));
  const bool is_written =
      write(file.fd(), text->data(), text->size()) == static_cast<ssize_t>(text->size()) && fsync(file.fd()) == 0;
  const int write_error = errno;
  const bool is_linked = is_written && (link(temporary.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const int link_error = errno;
  unlink(temporary.c_str());
  if (!is_written) return fail(fmt::format("cannot write a key in {}: {}", folder, reason(write_error)));
  if (!is_linked) return fail(fmt::format("cannot make key file {}: {}", path, reason(link_error)));
  const File directory(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.is_open()) static_cast<void>(fsync(directory.fd()));
  return {};
}

/// The secret in state_dir under this name, made if there is none.
Result<sip::Secret> kept_secret(const std::string& folder, std::string_view name, KeyFiles files,
                                std::vector<std::string>& warnings) {
  const std::string path = fmt::format("{}/{}", folder, name);
  if (access(path.c_str(), F_OK) != 0) {
    if (files == KeyFiles::kLookOnly) {
      warnings.push_back(fmt::format("key file {} would be made", path));
      return new_secret();
    }
    if (const auto made = make_folder(folder); !made) return fail(made.error().text);
    if (const auto made = make_key_file(folder, path); !made) return fail(made.error().text);
    warnings.push_back(
        fmt::format("made key file {}; other nodes of a fleet need the same file: name it under [keys]", path));
  }
  return read_secret(path);
}

}  // namespace

Result<sip::Keyring> load_keyring(const config::Config& config, std::vector<std::string>& warnings, KeyFiles files) {
  const std::string& folder = config.runtime.state_dir;
  const Result<sip::Secret> placement = config.keys.placement.empty()
                                            ? kept_secret(folder, "placement.key", files, warnings)
                                            : read_secret(config.keys.placement);
  if (!placement) return fail(placement.error().text);
  std::vector<sip::Secret> tokens;
  if (config.keys.tokens.empty()) {
    const auto token = kept_secret(folder, "token.key", files, warnings);
    if (!token) return fail(token.error().text);
    tokens.push_back(*token);
  }
  for (const std::string& path : config.keys.tokens) {
    const auto token = read_secret(path);
    if (!token) return fail(token.error().text);
    tokens.push_back(*token);
  }
  std::set<std::uint8_t> ids;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (ids.insert(sip::TokenKey::derive(tokens[i]).id).second) continue;
    return fail(fmt::format("token key {} has the id of another one in the list; replace it by a new file",
                            config.keys.tokens[i]));
  }
  return sip::Keyring::derive(*placement, tokens);
}

}  // namespace dialplane::snapshot
