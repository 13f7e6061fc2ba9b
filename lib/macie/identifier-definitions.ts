import type { CustomDataIdentifierProps } from './custom-data-identifier';

/** Plain addresses; a local part in quotes and international ones are left out for the sake of precision. */
export const EMAIL_ADDRESS: CustomDataIdentifierProps = {
  regex: String.raw`[A-Za-z0-9][A-Za-z0-9._%+'-]*@(?:[A-Za-z0-9][A-Za-z0-9-]*\.)+[A-Za-z]{2,24}\b`,
  description: 'E-mail addresses',
  samples: {
    matches: ['mailto:jane.doe@example.com', '"email":"j+tag@mail.example.co.uk"'],
    doesNotMatch: ['@Override', 'user@localhost', 'icons@2x'],
  },
};

const OCTET = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;

/** No word has to stand close by: the addresses in access logs have none. */
export const IPV4_ADDRESS: CustomDataIdentifierProps = {
  regex: String.raw`\b${OCTET}(?:\.${OCTET}){3}\b`,
  description: 'IPv4 addresses, except for the loopback, the unspecified one and masks',
  ignoreWords: ['127.0.0.1', '0.0.0.0', '255.255.255.'],
  samples: {
    matches: ['203.0.113.7 - - [10/Oct/2026:13:55:36 +0000] "GET / HTTP/1.1" 200', 'client_ip,203.0.113.255'],
    doesNotMatch: ['127.0.0.1', '256.1.1.1', 'version 1.2.3', '10.0.19041.1'],
  },
};

const GROUP = '[0-9A-Fa-f]{1,4}';

/** All eight groups, or two colons in the place of some in the middle. */
export const IPV6_ADDRESS: CustomDataIdentifierProps = {
  regex: String.raw`\b(?:(?:${GROUP}:){7}${GROUP}|(?:${GROUP}:){1,6}(?::${GROUP}){1,6})\b`,
  description: 'IPv6 addresses, except for the loopback and the unspecified one',
  samples: {
    matches: ['2001:db8::1', 'src=2001:0db8:0000:0000:0000:ff00:0042:8329'],
    doesNotMatch: ['00:1b:44:11:3a:b7', '12:30:59', 'std::vector', '::1'],
  },
};

/** Formats of medical record numbers are those of the hospital, and mostly plain digits, so a word has to stand by. */
export function medicalRecordNumber(
  regex: string,
  keywords = ['medical record', 'mrn', 'patient id', 'patient number', 'chart number'],
): CustomDataIdentifierProps {
  return { regex, keywords, description: 'Medical record numbers' };
}
