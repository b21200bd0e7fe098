# SPDX-License-Identifier: Apache-2.0
"""A real browser: Debian's chromium without a window, over its pipe, which needs no library."""
import base64
import fcntl
import json
import os
import select
import signal
import subprocess
import time


class Browser:
    """One page. Whatever it asked for and complained of is in `requests` and `complaints`."""

    def __init__(self, profile, patience_s=60):
        # chromium reads from 3 and writes to 4; 3 and up may be in use, by bats
        ends = (*os.pipe(), *os.pipe())
        from_us, to_browser, to_us, from_browser = (
            fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in ends)
        for end in ends:
            os.close(end)
        command = ['/bin/bash', '-c', f'exec 3<&{from_us} 4>&{from_browser}; exec "$@"',
                   'sh', 'chromium', '--headless=new', '--remote-debugging-pipe', '--no-sandbox',
                   '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
                   '--disable-extensions', '--disable-background-networking',
                   '--disable-component-update', '--disable-sync',
                   # whatever asks for a name learns that there is none
                   '--host-resolver-rules=MAP * ~NOTFOUND', f'--user-data-dir={profile}',
                   'about:blank']
        self.process = subprocess.Popen(command, pass_fds=(from_us, from_browser), cwd=profile,
                                        env={**os.environ, 'HOME': profile},
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(from_us)
        os.close(from_browser)
        self.output, self.input = to_browser, to_us
        self.rest, self.number, self.patience_s = b'', 0, patience_s
        self.requests, self.complaints, self.events = [], [], []
        self.session = None
        target = self.call('Target.createTarget', url='about:blank')['targetId']
        self.session = self.call('Target.attachToTarget', targetId=target,
                                 flatten=True)['sessionId']
        for domain in ('Page', 'Runtime', 'Network', 'Log'):
            self.call(f'{domain}.enable')

    def _message(self, until):
        while b'\0' not in self.rest:
            if not select.select([self.input], [], [], max(0, until - time.monotonic()))[0]:
                raise TimeoutError('the browser says nothing')
            got = os.read(self.input, 1 << 20)
            if not got:
                raise RuntimeError(f'the browser died with {self.process.wait()}')
            self.rest += got
        text, self.rest = self.rest.split(b'\0', 1)
        message = json.loads(text)
        name, given = message.get('method'), message.get('params', {})
        if name == 'Network.requestWillBeSent':
            self.requests.append(given['request']['url'])
        elif name == 'Runtime.exceptionThrown':
            self.complaints.append(given['exceptionDetails']['text'])
        elif name == 'Log.entryAdded':
            self.complaints.append(given['entry']['text'])
        elif name == 'Runtime.consoleAPICalled':
            self.complaints.append(str(given['args']))
        if name:
            self.events.append(name)
        return message

    def call(self, method, **params):
        """One command's result."""
        self.number += 1
        message = {'id': self.number, 'method': method, 'params': params}
        if self.session:
            message['sessionId'] = self.session
        os.write(self.output, json.dumps(message).encode() + b'\0')
        until = time.monotonic() + self.patience_s
        while True:
            got = self._message(until)
            if got.get('id') == self.number:
                if 'error' in got:
                    raise RuntimeError(f'{method}: {got["error"]}')
                return got['result']

    def open(self, path, width, dark):
        """Show a file in a window so wide."""
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=900,
                  deviceScaleFactor=1, mobile=False)
        self.call('Emulation.setEmulatedMedia', features=[
            {'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}])
        self.events.clear()
        self.call('Page.navigate', url=f'file://{os.path.abspath(path)}')
        until = time.monotonic() + self.patience_s
        while 'Page.loadEventFired' not in self.events:
            self._message(until)

    def value(self, script):
        """What an expression of JavaScript is in the page."""
        got = self.call('Runtime.evaluate', expression=script, returnByValue=True)
        if 'exceptionDetails' in got:
            raise RuntimeError(str(got['exceptionDetails']))
        return got['result'].get('value')

    def picture(self, path):
        """The page's beginning as PNG."""
        width = self.value('document.documentElement.clientWidth')
        got = self.call('Page.captureScreenshot', format='png', captureBeyondViewport=True,
                        clip={'x': 0, 'y': 0, 'width': width, 'height': 2000, 'scale': 1})
        with open(path, 'wb') as out:
            out.write(base64.b64decode(got['data']))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """End it, with all its processes."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
