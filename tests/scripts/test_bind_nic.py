# SPDX-License-Identifier: Apache-2.0
"""scripts/bind-nic on fake sysfs trees. Interfaces, routes and addresses are real ones in a network namespace."""

import os
import pathlib
import stat
import tempfile
import unittest

import tree

SCRIPT = tree.ROOT / "scripts" / "bind-nic"
PCI = "0000:3b:00.0"

# The tools play the kernel's part: they move the driver link of the fake tree and log what they were asked.
DEVBIND = """#!/bin/bash
set -e
echo "devbind $*" >> "$LOG"
[ "$1" != --force ] || shift
device="$SYSFS/bus/pci/devices/${!#}"
rm -f "$device/driver"
[ "$1" != -b ] || ln -s "../../drivers/${STUBBORN:-$2}" "$device/driver"
"""
DRIVERCTL = """#!/bin/bash
set -e
echo "driverctl $*" >> "$LOG"
device="$SYSFS/bus/pci/devices/$2"
rm -f "$device/driver"
if [ "$1" = set-override ]; then
  ln -s "../../drivers/$3" "$device/driver"; echo "$3" > "$device/driver_override"
else
  ln -s ../../drivers/ice "$device/driver"; echo "(null)" > "$device/driver_override"
fi
"""


def can_unshare():
    words = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    return tree.run([*words, "ip", "link", "add", "name", "probe0", "type", "veth", "peer", "name", "probe1"]).returncode == 0


@unittest.skipUnless(can_unshare(), "needs a network namespace with veth")
class FakeHost(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = pathlib.Path(folder.name)
        self.sysfs = self.top / "sys"
        self.tools = self.top / "tools"
        self.log = self.top / "log"
        self.log.write_text("")
        for name, text in [("dpdk-devbind.py", DEVBIND), ("driverctl", DRIVERCTL)]:
            tree.write(self.tools / name, text)
            (self.tools / name).chmod(0o755)
        for driver in ["ice", "vfio-pci", "mlx5_core"]:
            (self.sysfs / "bus/pci/drivers" / driver).mkdir(parents=True)
        tree.write(self.sysfs / "bus/pci/drivers_probe", "")
        self.make_device(PCI, "nic0")

    def make_device(self, pci, interface, driver="ice", group="7", pci_class="0x020000"):
        device = self.sysfs / "bus/pci/devices" / pci
        for name, text in [("class", pci_class), ("vendor", "0x8086"), ("device", "0x1593"), ("numa_node", "0")]:
            tree.write(device / name, text + "\n")
        tree.write(device / "driver_override", "(null)\n")
        (device / "driver").symlink_to(f"../../drivers/{driver}")
        if group:
            members = self.sysfs / "kernel/iommu_groups" / group / "devices"
            members.mkdir(parents=True, exist_ok=True)
            (members / pci).symlink_to(device)
            (device / "iommu_group").symlink_to(members.parent)
        if interface:
            (device / "net" / interface).mkdir(parents=True)
            (self.sysfs / "class/net").mkdir(parents=True, exist_ok=True)
            (self.sysfs / "class/net" / interface).symlink_to(device / "net" / interface)

    def script(self, *words, net="", env=None):
        """Runs bind-nic in a new namespace with nic0 and nic1, after the shell commands in `net`."""
        setup = "ip link add nic0 type veth peer name far0; ip link add nic1 type veth peer name far1; " + net
        command = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
        command += ["bash", "-ec", setup + '\nexec "$0" "$@"', SCRIPT, *words]
        command += ["--sysfs", self.sysfs, "--tools", self.tools]
        environment = {k: v for k, v in os.environ.items() if k != "SSH_CONNECTION"}
        environment.update({"LOG": str(self.log), "SYSFS": str(self.sysfs)}, **(env or {}))
        return tree.run(command, env=environment)

    def assert_refused(self, words, text, code=1, **keywords):
        before = tree.picture(self.top)
        result = self.script(*words, **keywords)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        self.assertIn(text, result.stderr)
        self.assertEqual(tree.picture(self.top), before)

    def driver(self, pci=PCI):
        return os.path.basename(os.readlink(self.sysfs / "bus/pci/devices" / pci / "driver"))


ADDRESS = "ip addr add 10.9.0.2/24 dev nic0; ip link set nic0 up; ip link set far0 up; "
ROUTE = ADDRESS + "ip route add default via 10.9.0.1; "


class Refusals(FakeHost):
    def test_default_route(self):
        self.assert_refused(["bind", PCI], "nic0 carries the default route", net=ROUTE)

    def test_default_route_even_with_force(self):
        self.assert_refused(["bind", PCI, "--force"], "nic0 carries the default route", net=ROUTE)

    def test_default_route_in_another_table(self):
        net = ADDRESS + "ip route add default via 10.9.0.1 table 77; "
        self.assert_refused(["bind", PCI, "--force"], "nic0 carries the default route", net=net)

    def test_ipv6_default_route(self):
        net = "ip link set nic0 up; ip link set far0 up; ip -6 route add default dev nic0; "
        self.assert_refused(["bind", PCI, "--force"], "nic0 carries the default route", net=net)

    def test_one_hop_of_a_multipath_default_route(self):
        net = ADDRESS + "ip addr add 10.8.0.2/24 dev nic1; ip link set nic1 up; ip link set far1 up; "
        net += "ip route add default nexthop via 10.8.0.1 nexthop via 10.9.0.1; "
        self.assert_refused(["bind", PCI, "--force"], "nic0 carries the default route", net=net)

    def test_default_route_of_a_bond_above(self):
        (self.sysfs / "class/net/nic1/lower_nic0").mkdir(parents=True)
        net = "ip addr add 10.8.0.2/24 dev nic1; ip link set nic1 up; ip link set far1 up; "
        net += "ip route add default via 10.8.0.1; "
        self.assert_refused(["bind", PCI, "--force"], "nic0 carries the default route", net=net)

    def test_route_to_the_ssh_peer(self):
        env = {"SSH_CONNECTION": "10.9.0.77 50000 10.9.0.2 22"}
        self.assert_refused(["bind", PCI, "--force"], "nic0 carries a login", net=ADDRESS, env=env)

    def test_own_address_of_the_ssh_session_when_the_way_back_differs(self):
        env = {"SSH_CONNECTION": "203.0.113.9 50000 10.9.0.2 22"}
        self.assert_refused(["bind", PCI, "--force"], "nic0 carries a login", net=ADDRESS, env=env)

    def test_ssh_session_seen_only_in_the_shell_above_as_under_sudo(self):
        net = ADDRESS + 'exec bash -c \'env -u SSH_CONNECTION "$0" "$@"; exit $?\' "$0" "$@"; '
        env = {"SSH_CONNECTION": "10.9.0.77 50000 10.9.0.2 22"}
        self.assert_refused(["bind", PCI, "--force"], "nic0 carries a login", net=net, env=env)

    def test_up_with_addresses(self):
        self.assert_refused(["bind", PCI], "nic0 is up with 10.9.0.2/24", net=ADDRESS)

    def test_member_of_a_bond(self):
        (self.sysfs / "class/net/nic0/master").symlink_to("../nic1")
        self.assert_refused(["bind", PCI], "nic0 is part of nic1")

    def test_no_iommu_group(self):
        self.make_device("0000:3b:00.1", "nic1", group="")
        self.assert_refused(["bind", "0000:3b:00.1"], "intel_iommu=on iommu=pt")

    def test_bifurcated_driver(self):
        self.make_device("0000:3b:00.1", "nic1", driver="mlx5_core")
        self.assert_refused(["bind", "0000:3b:00.1"], "leave it bound")

    def test_missing_driver(self):
        self.assert_refused(["bind", PCI, "--driver", "uio_pci_generic"], "is not loaded")

    def test_not_a_network_device(self):
        self.make_device("0000:00:1f.2", "", pci_class="0x010601")
        self.assert_refused(["bind", "0000:00:1f.2"], "is no network device")

    def test_unknown_device(self):
        self.assert_refused(["bind", "0000:99:00.0"], "there is no PCI device 0000:99:00.0")

    def test_path_instead_of_an_address(self):
        self.assert_refused(["bind", "../../../etc"], "is no PCI address")

    def test_driver_name_with_a_path(self):
        self.assert_refused(["bind", PCI, "--driver", "../x"], "is no driver name", code=2)

    def test_unbind_of_a_device_the_kernel_has(self):
        self.assert_refused(["unbind", PCI], "nothing to give back")

    def test_fake_tree_without_tools_never_runs_the_real_ones(self):
        for path in self.tools.iterdir():
            path.unlink()
        self.assert_refused(["bind", PCI], "dpdk-devbind.py is not installed")

    def test_dry_run_changes_nothing(self):
        before = tree.picture(self.top)
        result = self.script("bind", PCI, "--dry-run")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(f"-b vfio-pci {PCI}", result.stdout)
        self.assertEqual(tree.picture(self.top), before)


class Bind(FakeHost):
    def test_temporary_uses_devbind_and_says_how_to_undo(self):
        result = self.script("bind", "3B:00.0")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.log.read_text(), f"devbind -b vfio-pci {PCI}\n")
        self.assertEqual(self.driver(), "vfio-pci")
        self.assertIn(f"unbind {PCI}", result.stdout)

    def test_persistent_uses_driverctl(self):
        result = self.script("bind", PCI, "--persistent")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.log.read_text(), f"driverctl set-override {PCI} vfio-pci\n")

    def test_force_takes_addresses_and_prints_them_for_the_way_back(self):
        result = self.script("bind", PCI, "--force", net=ADDRESS)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("ip addr add 10.9.0.2/24 dev nic0", result.stdout)
        self.assertIn("ip link set nic0 up", result.stdout)

    def test_another_nic_may_go_while_one_carries_the_default_route(self):
        self.make_device("0000:3b:00.1", "nic1", group="8")
        result = self.script("bind", "0000:3b:00.1", net=ROUTE)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.driver("0000:3b:00.1"), "vfio-pci")
        self.assertEqual(self.driver(), "ice")

    def test_second_time_is_no_change(self):
        self.script("bind", PCI)
        before = tree.picture(self.top)
        result = self.script("bind", PCI)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("already", result.stdout)
        self.assertEqual(tree.picture(self.top), before)

    def test_names_the_neighbour_in_the_iommu_group(self):
        self.make_device("0000:3b:00.1", "nic1")
        self.assertIn("0000:3b:00.1 (ice) shares the IOMMU group", self.script("bind", PCI).stdout)

    def test_a_tool_that_binds_something_else_is_a_failure_and_the_former_driver_comes_back(self):
        result = self.script("bind", PCI, env={"STUBBORN": "ice"})
        self.assertEqual(result.returncode, 1)
        self.assertIn("could not be bound to vfio-pci", result.stderr)
        self.assertEqual(self.driver(), "ice")


class Unbind(FakeHost):
    def test_temporary_one_is_probed_again(self):
        self.script("bind", PCI)
        result = self.script("unbind", PCI)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(f"devbind -u {PCI}", self.log.read_text())
        self.assertEqual((self.sysfs / "bus/pci/drivers_probe").read_text(), PCI + "\n")

    def test_persistent_one_loses_its_override(self):
        self.script("bind", PCI, "--persistent")
        result = self.script("unbind", PCI)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(f"driverctl unset-override {PCI}", self.log.read_text())
        self.assertEqual(self.driver(), "ice")


class Status(FakeHost):
    def test_names_driver_interface_and_what_protects_it(self):
        result = self.script("status", net=ROUTE)
        row = result.stdout.splitlines()[1]
        self.assertEqual(row.split()[:5], [PCI, "8086:1593", "ice", "nic0", "0"])
        self.assertIn("nic0 carries the default route", row)

    def test_changes_nothing(self):
        mode = stat.S_IMODE(SCRIPT.stat().st_mode)
        before = tree.picture(self.top)
        self.assertEqual(self.script("status").returncode, 0)
        self.assertEqual(tree.picture(self.top), before)
        self.assertTrue(mode & stat.S_IXUSR)


if __name__ == "__main__":
    unittest.main()
