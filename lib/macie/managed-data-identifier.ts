import data from '../rules/data/macie-managed-data-identifiers.json';

/**
 * What a managed data identifier looks for.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/managed-data-identifiers.html
 */
export enum ManagedDataIdentifierCategory {
  /** Keys, tokens, private keys. */
  CREDENTIALS = 'CREDENTIALS',

  /** Card and bank account numbers. */
  FINANCIAL = 'FINANCIAL',

  /** Health insurance numbers, medical codes: protected health information. */
  PHI = 'PHI',

  /** Names, addresses, national identification numbers: personally identifiable information. */
  PII = 'PII',
}

/**
 * A kind of data that Amazon Macie finds by itself.
 *
 * The constants are those of 2026-11-22; AWS adds to them, so `of` takes any other.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/mdis-reference-quick.html
 */
export class ManagedDataIdentifier {
  /** Secret half of an AWS access key pair. */
  public static readonly AWS_CREDENTIALS = ManagedDataIdentifier.of('AWS_CREDENTIALS');

  /** Key string of a Google Cloud API key. */
  public static readonly GCP_API_KEY = ManagedDataIdentifier.of('GCP_API_KEY');

  /** Complete Authorization or Proxy-Authorization header with the Basic scheme (RFC 7617). */
  public static readonly HTTP_BASIC_AUTH_HEADER = ManagedDataIdentifier.of('HTTP_BASIC_AUTH_HEADER');

  /** Signed or unsigned JWT in JWS form (RFC 7519). */
  public static readonly JSON_WEB_TOKEN = ManagedDataIdentifier.of('JSON_WEB_TOKEN');

  /** Private key in OpenSSH format. */
  public static readonly OPENSSH_PRIVATE_KEY = ManagedDataIdentifier.of('OPENSSH_PRIVATE_KEY');

  /** Private key in PGP format. */
  public static readonly PGP_PRIVATE_KEY = ManagedDataIdentifier.of('PGP_PRIVATE_KEY');

  /** Private key in a Public-Key Cryptography Standards format. */
  public static readonly PKCS = ManagedDataIdentifier.of('PKCS');

  /** Private key file of PuTTY with its standard headers in the standard order. */
  public static readonly PUTTY_PRIVATE_KEY = ManagedDataIdentifier.of('PUTTY_PRIVATE_KEY');

  /** API key of the Stripe payment service. */
  public static readonly STRIPE_CREDENTIALS = ManagedDataIdentifier.of('STRIPE_CREDENTIALS');

  /** IBAN of Albania, checked with modulus 97. */
  public static readonly ALBANIA_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('ALBANIA_BANK_ACCOUNT_NUMBER');

  /** IBAN of Andorra, checked with modulus 97. */
  public static readonly ANDORRA_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('ANDORRA_BANK_ACCOUNT_NUMBER');

  /** Bank account number of Canada or the US, 9 to 17 digits without spaces. */
  public static readonly BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('BANK_ACCOUNT_NUMBER');

  /** IBAN of Bosnia and Herzegovina, checked with modulus 97. */
  public static readonly BOSNIA_AND_HERZEGOVINA_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of(
    'BOSNIA_AND_HERZEGOVINA_BANK_ACCOUNT_NUMBER',
  );

  /** IBAN of Brazil, checked with modulus 97. */
  public static readonly BRAZIL_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('BRAZIL_BANK_ACCOUNT_NUMBER');

  /** IBAN of Bulgaria, checked with modulus 97. */
  public static readonly BULGARIA_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('BULGARIA_BANK_ACCOUNT_NUMBER');

  /** IBAN of Costa Rica, checked with modulus 97. */
  public static readonly COSTA_RICA_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('COSTA_RICA_BANK_ACCOUNT_NUMBER');

  /** Card expiry date in most date notations. */
  public static readonly CREDIT_CARD_EXPIRATION = ManagedDataIdentifier.of('CREDIT_CARD_EXPIRATION');

  /** Track 1 or track 2 data of a payment card (ISO 7813). */
  public static readonly CREDIT_CARD_MAGNETIC_STRIPE = ManagedDataIdentifier.of('CREDIT_CARD_MAGNETIC_STRIPE');

  /** Payment card number of 13 to 19 digits, Luhn valid, with a card keyword nearby. */
  public static readonly CREDIT_CARD_NUMBER = ManagedDataIdentifier.of('CREDIT_CARD_NUMBER');

  /** Payment card number of 13 to 19 digits, Luhn valid, without a card keyword nearby. */
  public static readonly CREDIT_CARD_NUMBER_NO_KEYWORD = ManagedDataIdentifier.of('CREDIT_CARD_NUMBER_(NO_KEYWORD)');

  /** Card verification code (CVC, CVV). */
  public static readonly CREDIT_CARD_SECURITY_CODE = ManagedDataIdentifier.of('CREDIT_CARD_SECURITY_CODE');

  /** IBAN of Croatia, checked with modulus 97. */
  public static readonly CROATIA_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('CROATIA_BANK_ACCOUNT_NUMBER');

  /** IBAN of Cyprus, checked with modulus 97. */
  public static readonly CYPRUS_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('CYPRUS_BANK_ACCOUNT_NUMBER');

  /** IBAN of the Czech Republic, checked with modulus 97. */
  public static readonly CZECH_REPUBLIC_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of(
    'CZECH_REPUBLIC_BANK_ACCOUNT_NUMBER',
  );

  /** IBAN of Denmark, checked with modulus 97. */
  public static readonly DENMARK_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('DENMARK_BANK_ACCOUNT_NUMBER');

  /** IBAN of the Dominican Republic, checked with modulus 97. */
  public static readonly DOMINICAN_REPUBLIC_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of(
    'DOMINICAN_REPUBLIC_BANK_ACCOUNT_NUMBER',
  );

  /** IBAN of Egypt, checked with modulus 97. */
  public static readonly EGYPT_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('EGYPT_BANK_ACCOUNT_NUMBER');

  /** IBAN of Estonia, checked with modulus 97. */
  public static readonly ESTONIA_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('ESTONIA_BANK_ACCOUNT_NUMBER');

  /** IBAN of the Faroe Islands, checked with modulus 97. */
  public static readonly FAROE_ISLANDS_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of(
    'FAROE_ISLANDS_BANK_ACCOUNT_NUMBER',
  );

  /** IBAN of Finland, checked with modulus 97. */
  public static readonly FINLAND_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('FINLAND_BANK_ACCOUNT_NUMBER');

  /** BBAN or IBAN of France. */
  public static readonly FRANCE_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('FRANCE_BANK_ACCOUNT_NUMBER');

  /** IBAN of Georgia, checked with modulus 97. */
  public static readonly GEORGIA_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('GEORGIA_BANK_ACCOUNT_NUMBER');

  /** BBAN or IBAN of Germany. */
  public static readonly GERMANY_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('GERMANY_BANK_ACCOUNT_NUMBER');

  /** IBAN of Greece, checked with modulus 97. */
  public static readonly GREECE_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('GREECE_BANK_ACCOUNT_NUMBER');

  /** IBAN of Greenland, checked with modulus 97. */
  public static readonly GREENLAND_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('GREENLAND_BANK_ACCOUNT_NUMBER');

  /** IBAN of Hungary, checked with modulus 97. */
  public static readonly HUNGARY_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('HUNGARY_BANK_ACCOUNT_NUMBER');

  /** IBAN of Iceland, checked with modulus 97. */
  public static readonly ICELAND_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('ICELAND_BANK_ACCOUNT_NUMBER');

  /** IBAN of Ireland, checked with modulus 97. */
  public static readonly IRELAND_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('IRELAND_BANK_ACCOUNT_NUMBER');

  /** BBAN or IBAN of Italy. */
  public static readonly ITALY_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('ITALY_BANK_ACCOUNT_NUMBER');

  /** IBAN of Jordan, checked with modulus 97. */
  public static readonly JORDAN_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('JORDAN_BANK_ACCOUNT_NUMBER');

  /** IBAN of Kosovo, checked with modulus 97. */
  public static readonly KOSOVO_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('KOSOVO_BANK_ACCOUNT_NUMBER');

  /** IBAN of Liechtenstein, checked with modulus 97. */
  public static readonly LIECHTENSTEIN_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of(
    'LIECHTENSTEIN_BANK_ACCOUNT_NUMBER',
  );

  /** IBAN of Lithuania, checked with modulus 97. */
  public static readonly LITHUANIA_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('LITHUANIA_BANK_ACCOUNT_NUMBER');

  /** IBAN of Malta, checked with modulus 97. */
  public static readonly MALTA_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('MALTA_BANK_ACCOUNT_NUMBER');

  /** IBAN of Mauritania, checked with modulus 97. */
  public static readonly MAURITANIA_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('MAURITANIA_BANK_ACCOUNT_NUMBER');

  /** IBAN of Mauritius, checked with modulus 97. */
  public static readonly MAURITIUS_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('MAURITIUS_BANK_ACCOUNT_NUMBER');

  /** IBAN of Monaco, checked with modulus 97. */
  public static readonly MONACO_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('MONACO_BANK_ACCOUNT_NUMBER');

  /** IBAN of Montenegro, checked with modulus 97. */
  public static readonly MONTENEGRO_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('MONTENEGRO_BANK_ACCOUNT_NUMBER');

  /** IBAN of the Netherlands, checked with modulus 97. */
  public static readonly NETHERLANDS_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('NETHERLANDS_BANK_ACCOUNT_NUMBER');

  /** IBAN of North Macedonia, checked with modulus 97. */
  public static readonly NORTH_MACEDONIA_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of(
    'NORTH_MACEDONIA_BANK_ACCOUNT_NUMBER',
  );

  /** IBAN of Poland, checked with modulus 97. */
  public static readonly POLAND_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('POLAND_BANK_ACCOUNT_NUMBER');

  /** IBAN of Portugal, checked with modulus 97. */
  public static readonly PORTUGAL_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('PORTUGAL_BANK_ACCOUNT_NUMBER');

  /** IBAN of San Marino, checked with modulus 97. */
  public static readonly SAN_MARINO_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('SAN_MARINO_BANK_ACCOUNT_NUMBER');

  /** IBAN of Senegal, checked with modulus 97. */
  public static readonly SENEGAL_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('SENEGAL_BANK_ACCOUNT_NUMBER');

  /** IBAN of Serbia, checked with modulus 97. */
  public static readonly SERBIA_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('SERBIA_BANK_ACCOUNT_NUMBER');

  /** IBAN of Slovakia, checked with modulus 97. */
  public static readonly SLOVAKIA_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('SLOVAKIA_BANK_ACCOUNT_NUMBER');

  /** IBAN of Slovenia, checked with modulus 97. */
  public static readonly SLOVENIA_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('SLOVENIA_BANK_ACCOUNT_NUMBER');

  /** BBAN or IBAN of Spain. */
  public static readonly SPAIN_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('SPAIN_BANK_ACCOUNT_NUMBER');

  /** IBAN of Sweden, checked with modulus 97. */
  public static readonly SWEDEN_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('SWEDEN_BANK_ACCOUNT_NUMBER');

  /** IBAN of Switzerland, checked with modulus 97. */
  public static readonly SWITZERLAND_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('SWITZERLAND_BANK_ACCOUNT_NUMBER');

  /** IBAN of Timor-Leste, checked with modulus 97. */
  public static readonly TIMOR_LESTE_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('TIMOR_LESTE_BANK_ACCOUNT_NUMBER');

  /** IBAN of Tunisia, checked with modulus 97. */
  public static readonly TUNISIA_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('TUNISIA_BANK_ACCOUNT_NUMBER');

  /** IBAN of Türkiye, checked with modulus 97. */
  public static readonly TURKIYE_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('TURKIYE_BANK_ACCOUNT_NUMBER');

  /** IBAN of Ukraine, checked with modulus 97. */
  public static readonly UKRAINE_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('UKRAINE_BANK_ACCOUNT_NUMBER');

  /** BBAN or IBAN of the United Kingdom, also domestic sort code and account number. */
  public static readonly UK_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of('UK_BANK_ACCOUNT_NUMBER');

  /** IBAN of the United Arab Emirates, checked with modulus 97. */
  public static readonly UNITED_ARAB_EMIRATES_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of(
    'UNITED_ARAB_EMIRATES_BANK_ACCOUNT_NUMBER',
  );

  /** IBAN of the British Virgin Islands, checked with modulus 97. */
  public static readonly VIRGIN_ISLANDS_BANK_ACCOUNT_NUMBER = ManagedDataIdentifier.of(
    'VIRGIN_ISLANDS_BANK_ACCOUNT_NUMBER',
  );

  /** Canadian personal health number. */
  public static readonly CANADA_HEALTH_NUMBER = ManagedDataIdentifier.of('CANADA_HEALTH_NUMBER');

  /** European Health Insurance Card number. */
  public static readonly EUROPEAN_HEALTH_INSURANCE_CARD_NUMBER = ManagedDataIdentifier.of(
    'EUROPEAN_HEALTH_INSURANCE_CARD_NUMBER',
  );

  /** European Health Insurance Card number of Finland. */
  public static readonly FINLAND_EUROPEAN_HEALTH_INSURANCE_NUMBER = ManagedDataIdentifier.of(
    'FINLAND_EUROPEAN_HEALTH_INSURANCE_NUMBER',
  );

  /** French health insurance number. */
  public static readonly FRANCE_HEALTH_INSURANCE_NUMBER = ManagedDataIdentifier.of('FRANCE_HEALTH_INSURANCE_NUMBER');

  /** Unique medical device identifier in a format approved by the US FDA (GS1, HIBCC, ICCBBA). */
  public static readonly MEDICAL_DEVICE_UDI = ManagedDataIdentifier.of('MEDICAL_DEVICE_UDI');

  /** National Health Service number of the United Kingdom. */
  public static readonly UK_NHS_NUMBER = ManagedDataIdentifier.of('UK_NHS_NUMBER');

  /** US healthcare procedure code. */
  public static readonly USA_HEALTHCARE_PROCEDURE_CODE = ManagedDataIdentifier.of('USA_HEALTHCARE_PROCEDURE_CODE');

  /** US Medicare claim number in the older format. */
  public static readonly USA_HEALTH_INSURANCE_CLAIM_NUMBER = ManagedDataIdentifier.of(
    'USA_HEALTH_INSURANCE_CLAIM_NUMBER',
  );

  /** US Medicare beneficiary identifier. */
  public static readonly USA_MEDICARE_BENEFICIARY_IDENTIFIER = ManagedDataIdentifier.of(
    'USA_MEDICARE_BENEFICIARY_IDENTIFIER',
  );

  /** US national drug code. */
  public static readonly USA_NATIONAL_DRUG_CODE = ManagedDataIdentifier.of('USA_NATIONAL_DRUG_CODE');

  /** US identifier of a healthcare provider. */
  public static readonly USA_NATIONAL_PROVIDER_IDENTIFIER = ManagedDataIdentifier.of(
    'USA_NATIONAL_PROVIDER_IDENTIFIER',
  );

  /** US DEA registration number of a prescriber. */
  public static readonly US_DRUG_ENFORCEMENT_AGENCY_NUMBER = ManagedDataIdentifier.of(
    'US_DRUG_ENFORCEMENT_AGENCY_NUMBER',
  );

  /** Mailing address with a place name and its postal code. */
  public static readonly ADDRESS = ManagedDataIdentifier.of('ADDRESS');

  /** Argentine DNI number. */
  public static readonly ARGENTINA_DNI_NUMBER = ManagedDataIdentifier.of('ARGENTINA_DNI_NUMBER');

  /** Argentine tax code of a person (CUIL, CUIT). */
  public static readonly ARGENTINA_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER = ManagedDataIdentifier.of(
    'ARGENTINA_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER',
  );

  /** Argentine tax code of an organization (CUIT). */
  public static readonly ARGENTINA_ORGANIZATION_TAX_IDENTIFICATION_NUMBER = ManagedDataIdentifier.of(
    'ARGENTINA_ORGANIZATION_TAX_IDENTIFICATION_NUMBER',
  );

  /** Argentine SUBE card number, 16 digits starting with 6061, Luhn valid. */
  public static readonly ARGENTINA_TARJETA_SUBE = ManagedDataIdentifier.of('ARGENTINA_TARJETA_SUBE');

  /** Driver's license number of Australia. */
  public static readonly AUSTRALIA_DRIVERS_LICENSE = ManagedDataIdentifier.of('AUSTRALIA_DRIVERS_LICENSE');

  /** Australian tax file number. */
  public static readonly AUSTRALIA_TAX_FILE_NUMBER = ManagedDataIdentifier.of('AUSTRALIA_TAX_FILE_NUMBER');

  /** Driver's license number of Austria. */
  public static readonly AUSTRIA_DRIVERS_LICENSE = ManagedDataIdentifier.of('AUSTRIA_DRIVERS_LICENSE');

  /** Driver's license number of Belgium. */
  public static readonly BELGIUM_DRIVERS_LICENSE = ManagedDataIdentifier.of('BELGIUM_DRIVERS_LICENSE');

  /** Brazilian postal code (CEP). */
  public static readonly BRAZIL_CEP_CODE = ManagedDataIdentifier.of('BRAZIL_CEP_CODE');

  /** Brazilian tax number of a legal entity (CNPJ). */
  public static readonly BRAZIL_CNPJ_NUMBER = ManagedDataIdentifier.of('BRAZIL_CNPJ_NUMBER');

  /** Brazilian tax number of a person (CPF). */
  public static readonly BRAZIL_CPF_NUMBER = ManagedDataIdentifier.of('BRAZIL_CPF_NUMBER');

  /** Phone number of Brazil. */
  public static readonly BRAZIL_PHONE_NUMBER = ManagedDataIdentifier.of('BRAZIL_PHONE_NUMBER');

  /** Brazilian RG number. */
  public static readonly BRAZIL_RG_NUMBER = ManagedDataIdentifier.of('BRAZIL_RG_NUMBER');

  /** Driver's license number of Bulgaria. */
  public static readonly BULGARIA_DRIVERS_LICENSE = ManagedDataIdentifier.of('BULGARIA_DRIVERS_LICENSE');

  /** Driver's license number of Canada. */
  public static readonly CANADA_DRIVERS_LICENSE = ManagedDataIdentifier.of('CANADA_DRIVERS_LICENSE');

  /** Canadian permanent resident number. */
  public static readonly CANADA_NATIONAL_IDENTIFICATION_NUMBER = ManagedDataIdentifier.of(
    'CANADA_NATIONAL_IDENTIFICATION_NUMBER',
  );

  /** Passport number of Canada. */
  public static readonly CANADA_PASSPORT_NUMBER = ManagedDataIdentifier.of('CANADA_PASSPORT_NUMBER');

  /** Canadian Social Insurance Number. */
  public static readonly CANADA_SOCIAL_INSURANCE_NUMBER = ManagedDataIdentifier.of('CANADA_SOCIAL_INSURANCE_NUMBER');

  /** Chilean RUN or RUT number. */
  public static readonly CHILE_RUT_NUMBER = ManagedDataIdentifier.of('CHILE_RUT_NUMBER');

  /** Colombian citizenship card number. */
  public static readonly COLOMBIA_CITIZENSHIP_CARD_NUMBER = ManagedDataIdentifier.of(
    'COLOMBIA_CITIZENSHIP_CARD_NUMBER',
  );

  /** Colombian tax number of a person (NIT). */
  public static readonly COLOMBIA_INDIVIDUAL_NIT_NUMBER = ManagedDataIdentifier.of('COLOMBIA_INDIVIDUAL_NIT_NUMBER');

  /** Colombian tax number of an organization (NIT). */
  public static readonly COLOMBIA_ORGANIZATION_NIT_NUMBER = ManagedDataIdentifier.of(
    'COLOMBIA_ORGANIZATION_NIT_NUMBER',
  );

  /** Driver's license number of Croatia. */
  public static readonly CROATIA_DRIVERS_LICENSE = ManagedDataIdentifier.of('CROATIA_DRIVERS_LICENSE');

  /** Driver's license number of Cyprus. */
  public static readonly CYPRUS_DRIVERS_LICENSE = ManagedDataIdentifier.of('CYPRUS_DRIVERS_LICENSE');

  /** Driver's license number of the Czech Republic. */
  public static readonly CZECHIA_DRIVERS_LICENSE = ManagedDataIdentifier.of('CZECHIA_DRIVERS_LICENSE');

  /** Date of birth in most date notations. */
  public static readonly DATE_OF_BIRTH = ManagedDataIdentifier.of('DATE_OF_BIRTH');

  /** Driver's license number of Denmark. */
  public static readonly DENMARK_DRIVERS_LICENSE = ManagedDataIdentifier.of('DENMARK_DRIVERS_LICENSE');

  /** Driver's license number of the US. */
  public static readonly DRIVERS_LICENSE = ManagedDataIdentifier.of('DRIVERS_LICENSE');

  /** Driver's license number of Estonia. */
  public static readonly ESTONIA_DRIVERS_LICENSE = ManagedDataIdentifier.of('ESTONIA_DRIVERS_LICENSE');

  /** Driver's license number of Finland. */
  public static readonly FINLAND_DRIVERS_LICENSE = ManagedDataIdentifier.of('FINLAND_DRIVERS_LICENSE');

  /** Driver's license number of France. */
  public static readonly FRANCE_DRIVERS_LICENSE = ManagedDataIdentifier.of('FRANCE_DRIVERS_LICENSE');

  /** French INSEE code. */
  public static readonly FRANCE_NATIONAL_IDENTIFICATION_NUMBER = ManagedDataIdentifier.of(
    'FRANCE_NATIONAL_IDENTIFICATION_NUMBER',
  );

  /** Passport number of France. */
  public static readonly FRANCE_PASSPORT_NUMBER = ManagedDataIdentifier.of('FRANCE_PASSPORT_NUMBER');

  /** Phone number of France. */
  public static readonly FRANCE_PHONE_NUMBER = ManagedDataIdentifier.of('FRANCE_PHONE_NUMBER');

  /** French tax identification number. */
  public static readonly FRANCE_TAX_IDENTIFICATION_NUMBER = ManagedDataIdentifier.of(
    'FRANCE_TAX_IDENTIFICATION_NUMBER',
  );

  /** Driver's license number of Germany. */
  public static readonly GERMANY_DRIVERS_LICENSE = ManagedDataIdentifier.of('GERMANY_DRIVERS_LICENSE');

  /** German identity card number. */
  public static readonly GERMANY_NATIONAL_IDENTIFICATION_NUMBER = ManagedDataIdentifier.of(
    'GERMANY_NATIONAL_IDENTIFICATION_NUMBER',
  );

  /** Passport number of Germany. */
  public static readonly GERMANY_PASSPORT_NUMBER = ManagedDataIdentifier.of('GERMANY_PASSPORT_NUMBER');

  /** Phone number of Germany. */
  public static readonly GERMANY_PHONE_NUMBER = ManagedDataIdentifier.of('GERMANY_PHONE_NUMBER');

  /** German tax identification number. */
  public static readonly GERMANY_TAX_IDENTIFICATION_NUMBER = ManagedDataIdentifier.of(
    'GERMANY_TAX_IDENTIFICATION_NUMBER',
  );

  /** Driver's license number of Greece. */
  public static readonly GREECE_DRIVERS_LICENSE = ManagedDataIdentifier.of('GREECE_DRIVERS_LICENSE');

  /** Complete Cookie or Set-Cookie header. */
  public static readonly HTTP_COOKIE = ManagedDataIdentifier.of('HTTP_COOKIE');

  /** Driver's license number of Hungary. */
  public static readonly HUNGARY_DRIVERS_LICENSE = ManagedDataIdentifier.of('HUNGARY_DRIVERS_LICENSE');

  /** Indian Aadhaar number. */
  public static readonly INDIA_AADHAAR_NUMBER = ManagedDataIdentifier.of('INDIA_AADHAAR_NUMBER');

  /** Driver's license number of India. */
  public static readonly INDIA_DRIVERS_LICENSE = ManagedDataIdentifier.of('INDIA_DRIVERS_LICENSE');

  /** Indian Permanent Account Number (PAN). */
  public static readonly INDIA_PERMANENT_ACCOUNT_NUMBER = ManagedDataIdentifier.of('INDIA_PERMANENT_ACCOUNT_NUMBER');

  /** Driver's license number of Ireland. */
  public static readonly IRELAND_DRIVERS_LICENSE = ManagedDataIdentifier.of('IRELAND_DRIVERS_LICENSE');

  /** Driver's license number of Italy. */
  public static readonly ITALY_DRIVERS_LICENSE = ManagedDataIdentifier.of('ITALY_DRIVERS_LICENSE');

  /** Italian Codice Fiscale. */
  public static readonly ITALY_NATIONAL_IDENTIFICATION_NUMBER = ManagedDataIdentifier.of(
    'ITALY_NATIONAL_IDENTIFICATION_NUMBER',
  );

  /** Passport number of Italy. */
  public static readonly ITALY_PASSPORT_NUMBER = ManagedDataIdentifier.of('ITALY_PASSPORT_NUMBER');

  /** Phone number of Italy. */
  public static readonly ITALY_PHONE_NUMBER = ManagedDataIdentifier.of('ITALY_PHONE_NUMBER');

  /** Latitude and longitude pair in decimal degrees with an English keyword nearby. */
  public static readonly LATITUDE_LONGITUDE = ManagedDataIdentifier.of('LATITUDE_LONGITUDE');

  /** Driver's license number of Latvia. */
  public static readonly LATVIA_DRIVERS_LICENSE = ManagedDataIdentifier.of('LATVIA_DRIVERS_LICENSE');

  /** Driver's license number of Lithuania. */
  public static readonly LITHUANIA_DRIVERS_LICENSE = ManagedDataIdentifier.of('LITHUANIA_DRIVERS_LICENSE');

  /** Driver's license number of Luxembourg. */
  public static readonly LUXEMBOURG_DRIVERS_LICENSE = ManagedDataIdentifier.of('LUXEMBOURG_DRIVERS_LICENSE');

  /** Driver's license number of Malta. */
  public static readonly MALTA_DRIVERS_LICENSE = ManagedDataIdentifier.of('MALTA_DRIVERS_LICENSE');

  /** Mexican CURP number. */
  public static readonly MEXICO_CURP_NUMBER = ManagedDataIdentifier.of('MEXICO_CURP_NUMBER');

  /** Mexican tax number of a person (RFC). */
  public static readonly MEXICO_INDIVIDUAL_RFC_NUMBER = ManagedDataIdentifier.of('MEXICO_INDIVIDUAL_RFC_NUMBER');

  /** Mexican tax number of an organization (RFC). */
  public static readonly MEXICO_ORGANIZATION_RFC_NUMBER = ManagedDataIdentifier.of('MEXICO_ORGANIZATION_RFC_NUMBER');

  /** Full name of a person in a Latin character set. */
  public static readonly NAME = ManagedDataIdentifier.of('NAME');

  /** Driver's license number of the Netherlands. */
  public static readonly NETHERLANDS_DRIVERS_LICENSE = ManagedDataIdentifier.of('NETHERLANDS_DRIVERS_LICENSE');

  /** Phone number of Canada or the US, including US toll-free numbers. */
  public static readonly PHONE_NUMBER = ManagedDataIdentifier.of('PHONE_NUMBER');

  /** Driver's license number of Poland. */
  public static readonly POLAND_DRIVERS_LICENSE = ManagedDataIdentifier.of('POLAND_DRIVERS_LICENSE');

  /** Driver's license number of Portugal. */
  public static readonly PORTUGAL_DRIVERS_LICENSE = ManagedDataIdentifier.of('PORTUGAL_DRIVERS_LICENSE');

  /** Driver's license number of Romania. */
  public static readonly ROMANIA_DRIVERS_LICENSE = ManagedDataIdentifier.of('ROMANIA_DRIVERS_LICENSE');

  /** Driver's license number of Slovakia. */
  public static readonly SLOVAKIA_DRIVERS_LICENSE = ManagedDataIdentifier.of('SLOVAKIA_DRIVERS_LICENSE');

  /** Driver's license number of Slovenia. */
  public static readonly SLOVENIA_DRIVERS_LICENSE = ManagedDataIdentifier.of('SLOVENIA_DRIVERS_LICENSE');

  /** Spanish DNI number. */
  public static readonly SPAIN_DNI_NUMBER = ManagedDataIdentifier.of('SPAIN_DNI_NUMBER');

  /** Driver's license number of Spain. */
  public static readonly SPAIN_DRIVERS_LICENSE = ManagedDataIdentifier.of('SPAIN_DRIVERS_LICENSE');

  /** Spanish identity number of a foreigner (NIE). */
  public static readonly SPAIN_NIE_NUMBER = ManagedDataIdentifier.of('SPAIN_NIE_NUMBER');

  /** Spanish tax number of a person (NIF). */
  public static readonly SPAIN_NIF_NUMBER = ManagedDataIdentifier.of('SPAIN_NIF_NUMBER');

  /** Passport number of Spain. */
  public static readonly SPAIN_PASSPORT_NUMBER = ManagedDataIdentifier.of('SPAIN_PASSPORT_NUMBER');

  /** Phone number of Spain. */
  public static readonly SPAIN_PHONE_NUMBER = ManagedDataIdentifier.of('SPAIN_PHONE_NUMBER');

  /** Spanish social security number. */
  public static readonly SPAIN_SOCIAL_SECURITY_NUMBER = ManagedDataIdentifier.of('SPAIN_SOCIAL_SECURITY_NUMBER');

  /** Spanish tax number of a company (CIF). */
  public static readonly SPAIN_TAX_IDENTIFICATION_NUMBER = ManagedDataIdentifier.of('SPAIN_TAX_IDENTIFICATION_NUMBER');

  /** Driver's license number of Sweden. */
  public static readonly SWEDEN_DRIVERS_LICENSE = ManagedDataIdentifier.of('SWEDEN_DRIVERS_LICENSE');

  /** Driver's license number of the United Kingdom. */
  public static readonly UK_DRIVERS_LICENSE = ManagedDataIdentifier.of('UK_DRIVERS_LICENSE');

  /** Electoral roll number of the United Kingdom. */
  public static readonly UK_ELECTORAL_ROLL_NUMBER = ManagedDataIdentifier.of('UK_ELECTORAL_ROLL_NUMBER');

  /** National Insurance number of the United Kingdom. */
  public static readonly UK_NATIONAL_INSURANCE_NUMBER = ManagedDataIdentifier.of('UK_NATIONAL_INSURANCE_NUMBER');

  /** Passport number of the United Kingdom. */
  public static readonly UK_PASSPORT_NUMBER = ManagedDataIdentifier.of('UK_PASSPORT_NUMBER');

  /** Phone number of the United Kingdom. */
  public static readonly UK_PHONE_NUMBER = ManagedDataIdentifier.of('UK_PHONE_NUMBER');

  /** Tax reference of the United Kingdom (TRN, UTR). */
  public static readonly UK_TAX_IDENTIFICATION_NUMBER = ManagedDataIdentifier.of('UK_TAX_IDENTIFICATION_NUMBER');

  /** US individual taxpayer number (ITIN). */
  public static readonly USA_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER = ManagedDataIdentifier.of(
    'USA_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER',
  );

  /** Passport number of the US. */
  public static readonly USA_PASSPORT_NUMBER = ManagedDataIdentifier.of('USA_PASSPORT_NUMBER');

  /** US Social Security number. */
  public static readonly USA_SOCIAL_SECURITY_NUMBER = ManagedDataIdentifier.of('USA_SOCIAL_SECURITY_NUMBER');

  /** Vehicle identification number. */
  public static readonly VEHICLE_IDENTIFICATION_NUMBER = ManagedDataIdentifier.of('VEHICLE_IDENTIFICATION_NUMBER');

  /** All identifiers that this version of the library knows, of one category or all. */
  public static known(category?: ManagedDataIdentifierCategory): ManagedDataIdentifier[] {
    return data.identifiers
      .filter(({ subcategory }) => category === undefined || subcategory === String(category))
      .map(({ id }) => ManagedDataIdentifier.of(id));
  }

  /**
   * An identifier by its ID, known to this version of the library or not.
   *
   * @param id as Macie writes it, for example `USA_SOCIAL_SECURITY_NUMBER`
   */
  public static of(id: string): ManagedDataIdentifier {
    return new ManagedDataIdentifier(id);
  }

  /** What it looks for, where this version of the library knows it. */
  public readonly category?: ManagedDataIdentifierCategory;

  /** Countries whose data it knows, as ISO 3166-1 codes of two letters, `EU` and `XK`; none where it knows no borders. */
  public readonly countries: string[];

  /** Whether a word such as "passport" has to stand close by or name the column, where this version knows it. */
  public readonly keywordRequired?: boolean;

  /** Whether jobs look for it by default, where this version of the library knows it. */
  public readonly recommended?: boolean;

  private constructor(
    /** The ID as Macie writes it. */
    public readonly id: string,
  ) {
    const known = data.identifiers.find((one) => one.id === id);
    this.category = known?.subcategory as ManagedDataIdentifierCategory | undefined;
    this.countries = known?.countries ?? [];
    this.keywordRequired = known?.keywordRequired;
    this.recommended = known?.recommended;
  }

  /** The ID as Macie writes it. */
  public toString(): string {
    return this.id;
  }
}
