"""What is handed out beside the API: pages as they were built and compressed, and what the API is."""

import gzip
import re
import unittest

from running_serve import ROOT, RunningServe


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.serve = RunningServe()
        cls.addClassCleanup(cls.serve.stop)

    def get(self, path, **headers):
        return self.serve.call('GET', path, token=None, headers={
            name.replace('_', '-'): value for name, value in headers.items()})

    def test_scripts_are_compressed_for_who_takes_that(self):
        script = re.search(r'/assets/index-[\w-]+\.js', self.get('/').body.decode())[0]
        plain = self.get(script)
        self.assertNotIn('Content-Encoding', plain.headers)
        zipped = self.get(script, Accept_Encoding='gzip, deflate')
        self.assertEqual(zipped.headers['Content-Encoding'], 'gzip')
        self.assertEqual(gzip.decompress(zipped.body), plain.body)
        brotli = self.get(script, Accept_Encoding='gzip, deflate, br, zstd')
        self.assertEqual(brotli.headers['Content-Encoding'], 'br')
        self.assertLess(len(brotli.body), len(plain.body) / 3)
        for reply in (plain, zipped, brotli):
            self.assertEqual(reply.headers['Vary'], 'Accept-Encoding')
            self.assertTrue(reply.headers['Content-Type'].startswith('text/javascript'))
        self.assertEqual(len({reply.headers['ETag'] for reply in (plain, zipped, brotli)}), 3)
        known = self.get(script, Accept_Encoding='br', If_None_Match=brotli.headers['ETag'])
        self.assertEqual((known.status, known.body), (304, b''))

    def test_the_description_has_an_address_and_a_page(self):
        description = (ROOT / 'api/openapi.yaml').read_bytes()
        reply = self.get('/openapi.yaml')
        self.assertEqual(reply.body, description)
        self.assertEqual(reply.headers['Content-Type'], 'application/yaml')
        page = self.get('/docs')
        self.assertEqual(page.status, 200, page)
        self.assertTrue(page.headers['Content-Type'].startswith('text/html'))
        text = page.body.decode()
        # Every operation is on it, and nothing comes from elsewhere.
        for name in re.findall(r'operationId: (\w+)', description.decode()):
            self.assertIn(f'id="{name}"', text)
        self.assertNotIn('<script', text)
        self.assertIsNone(re.search(r'(src|href)="(https?:)?//', text))

    def test_the_old_address_of_the_shows_page_leads_there(self):
        for path in ('/podcast', '/podcast/'):
            reply = self.get(path)
            self.assertEqual((reply.status, reply.headers['Location']), (307, '/'))


if __name__ == '__main__':
    unittest.main()
