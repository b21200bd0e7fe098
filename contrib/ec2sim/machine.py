"""The first process of a simulated instance: its init and its cloud-init.

Started by boot.py inside fresh network, mount, PID and UTS namespaces.  It
says "inside", reads its description (one line of JSON), sets the machine up,
says "up", runs the user data and then reaps children until it is killed.
It must not import anything of the simulator: with its death all here dies.
"""
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys

MS_BIND, MS_REC = 4096, 16384
LIBC = ctypes.CDLL(None, use_errno=True)
PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'


def mount(source: str, target: str, kind: str | None, flags: int = 0, data: str = '') -> None:
    """mount(2)."""
    if LIBC.mount(source.encode(), target.encode(), kind.encode() if kind else None, flags,
                  data.encode()):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), target)


def set_up_network(spec: dict) -> None:
    """lo, eth0 with the private address, and the routes."""
    commands = ['link set lo up', 'link set eth0 addrgenmode none',
                f'addr add {spec["address"]}/{spec["prefix"]} dev eth0', 'link set eth0 up']
    commands += [f'route replace {route} dev eth0' for route in spec['routes']]
    commands.append(f'route add default via {spec["gateway"]}')
    subprocess.run(['ip', '-batch', '-'], input='\n'.join(commands) + '\n', text=True, check=True,
                   env={'PATH': PATH}, stdout=sys.stderr)


def set_up_files(spec: dict) -> str:
    """Own /proc, /tmp, /dev/shm and private paths; returns a directory of our own."""
    mount('proc', '/proc', 'proc')
    # Held open before a tmpfs hides them, bound back in afterwards.
    shared = [(path, os.open(path, os.O_PATH), os.path.isdir(path))
              for path in spec['shared_paths'] if os.path.exists(path)]
    # MPI names its segments in /dev/shm by host, user and job: those of another cluster's node of the same
    # name would be taken for one's own.
    everybodys = ['/tmp', '/dev/shm']
    for path in everybodys + spec['private_paths']:
        os.makedirs(path, exist_ok=True)
        mount('tmpfs', path, 'tmpfs', 0, 'mode=1777' if path in everybodys else 'mode=755')
    for path, fd, directory in shared:
        if directory:
            os.makedirs(path, exist_ok=True)
        elif not os.path.exists(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            open(path, 'wb').close()
        mount(f'/proc/self/fd/{fd}', path, None, MS_BIND | MS_REC)
        os.close(fd)
    own = '/tmp/.ec2sim'
    os.mkdir(own, 0o700)
    os.mkdir(own + '/files', 0o700)
    for i, path in enumerate(spec['private_files']):
        try:
            with open(path, 'rb') as f:
                content, mode = f.read(), os.stat(path).st_mode & 0o7777
        except FileNotFoundError:
            continue
        if path == '/etc/hostname':
            content = spec['hostname'].encode() + b'\n'
        elif path == '/etc/hosts':
            # There is no VPC resolver to know the machine's own name.
            content += f'\n{spec["address"]} {spec["hostname"]}\n'.encode()
        copy = f'{own}/files/{i}'
        with open(copy, 'wb') as f:
            f.write(content)
        os.chmod(copy, mode)
        mount(copy, path, None, MS_BIND)
    return own


def run_user_data(spec: dict, own: str) -> None:
    """Start the user data as cloud-init would: only a script, as root."""
    script = spec['script']
    if script is None:
        print('ec2sim: no user data', file=sys.stderr)
        return
    if not script.startswith('#!'):
        print('ec2sim: user data is no script, ignored', file=sys.stderr)
        return
    path = own + '/user-data'
    with open(path, 'w', encoding='utf-8', errors='surrogateescape') as f:
        f.write(script)
    os.chmod(path, 0o700)
    if os.fork() == 0:
        os.setsid()
        os.dup2(2, 1)
        os.chdir('/')
        try:
            os.execve(path, [path], {'PATH': PATH, 'HOME': '/root', 'LANG': 'C.UTF-8'})
        except OSError as e:
            print(f'ec2sim: user data: {e}', file=sys.stderr)
            os._exit(127)


def main() -> None:
    """See the head of this file."""
    os.write(1, b'inside\n')
    spec = json.loads(sys.stdin.buffer.readline())
    socket.sethostname(spec['hostname'])
    set_up_network(spec)
    own = set_up_files(spec)
    null = os.open('/dev/null', os.O_RDWR)
    os.dup2(null, 0)
    os.write(1, b'up\n')
    os.dup2(2, 1)
    sys.stderr.flush()
    if not spec['idle']:
        run_user_data(spec, own)
    while True:
        try:
            pid, status = os.wait()
            if status:
                print(f'ec2sim: process {pid} ended with status {status}', file=sys.stderr,
                      flush=True)
        except ChildProcessError:
            signal.pause()


if __name__ == '__main__':
    main()
